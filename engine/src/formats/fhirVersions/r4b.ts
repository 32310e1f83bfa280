/**
 * Resources of R4 that R4B (4.3.0) does not have, or has with another meaning (R4B §2.1.5, version
 * history): medicinal products and substances were made anew, and so were evidence and its variables.
 */
export const missingInR4B =
  /^(?:EffectEvidenceSynthesis|RiskEvidenceSynthesis|Evidence|EvidenceVariable|MedicinalProduct\w*|Substance(?:NucleicAcid|Polymer|Protein|ReferenceInformation|SourceMaterial|Specification|Amount))(?:\.|$)/;
