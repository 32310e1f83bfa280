/**
 * Code maps of HL7's v2-to-FHIR tables, in our own short form. A line is the code system that codes
 * are mapped to; behind it stand the codes: `A` stays itself, `A=B` becomes B, `A=B:Words` becomes B
 * with that display.
 */
export const mapTexts = {
  additive: `
tho/v2-0371|F10; C32; C38; HCL6; ACDA; ACDB; ACET; AMIES; HEPA; BACTM; BOR; BOUIN; BF10; WEST;
  BSKM; CARS; CARY; CHLTM; CTAD; ENT; ENT+; JKM; KARN; LIA; HEPL; M4; M4RT; M5; MICHTM; MMDTM;
  HNO3; NONE; PAGE; PHENOL; KOX; EDTK; EDTK15; EDTK75; PVA; RLM; SST; SILICA; NAF; FL100; FL10;
  NAPS; HEPN; EDTN; SPS; STUTM; THROM; FDP; THYMOL; THYO; TOLU; URETM; VIRTM
`,
  addressType: `
fhir/address-type|M=postal:Postal; SH=postal:Postal
`,
  addressUse: `
fhir/address-use|BA=old:Old / Incorrect; BI=billing:Billing; C=temp:Temporary; B=work:Work;
  H=home:Home; O=work:Work
`,
  administrationMethod: `
http://snomed.info/sct|CH=419747000:Chew; DI=421682005:Dissolve; IS=421257003:Insert;
  SH=420606003:Shampoo; WA=422152000:Wash
`,
  sex: `
fhir/administrative-gender|F=female:Female; M=male:Male; O=other:Other; U=unknown:Unknown;
  A=other:Other; N=other:Other
`,
  admissionLevel: `
tho/v2-0432|AC; CH; CO; CR; IM; MO
`,
  admissionType: `
tho/v2-0007|A; E; L; R; N; U; C
`,
  allergyCategory: `
fhir/allergy-intolerance-category|DA=medication:Medication; FA=food:Food;
  EA=environment:Environment; AA=biologic:Biologic; PA=environment:Environment;
  LA=environment:Environment
`,
  allergyOriginalCategory: `
tho/v2-0127|DA; FA; MA; MC; EA; AA; PA; LA
`,
  criticality: `
fhir/allergy-intolerance-criticality|SV=high:High Risk; MI=low:Low Risk
`,
  criticalityOriginal: `
tho/v2-0128|SV; MO; MI; U
`,
  reactionSeverity: `
fhir/reaction-event-severity|SV=severe:Severe; MO=moderate:Moderate; MI=mild:Mild
`,
  allergyType: `
fhir/allergy-intolerance-type|DA=allergy:Allergy; FA=allergy:Allergy; MA=allergy:Allergy;
  EA=allergy:Allergy; AA=allergy:Allergy; PA=allergy:Allergy; LA=allergy:Allergy
`,
  substitution: `
tho/v2-0161|N; G; T
`,
  ambulatoryStatus: `
tho/encounter-special-arrangements|A2=wheel:Wheelchair
tho/v2-0009|A3; A4; A5; A6; A7; A8; A9; B1; B2; B3; B4; B5; B6
`,
  appointmentReason: `
http://snomed.info/sct|ROUTINE=3780001:Routine patient disposition, no follow-up planned;
  CHECKUP=866149003:Annual visit (procedure); FOLLOWUP=185389009:Follow-up visit (procedure);
  EMERGENCY=373110003:Emergency procedure (procedure)
`,
  appointmentType: `
tho/v2-0277|Normal; Tentative; Complete
`,
  bedStatus: `
tho/v2-0116|C; H; O; U; K; I
`,
  bodyParts: `
tho/v2-0550|JUGE; ADB; ACET; ACHIL; ADE; ADR; AMN; AMS; ANAL; ANKL; ANTEC; ANTECF; ANTR; ANUS;
  AORTA; AR; AV; APDX; AREO; ARM; ARTE; ASCIT; ASCT; ATR; AURI; AXI; BACK; BARTD; BARTG; BRTGF;
  BPH; BID; BIFL; BLAD; BLOOD; BLDA; BLDC; BLDV; CBLD; BLD; BDY; BON; BMAR; BOWEL; BOWLA; BOWSM;
  BRA; BRAIN; BCYS; BRST; BRSTFL; BRO; BROCH; BRONC; BRV; BUCCA; BURSA; BURSF; BUTT; CALF;
  CANAL; CANLI; CNL; CANTH; CDM; CARO; CARP; CAVIT; CHE; CECUM; CSF; CVX; CERVUT; CHEEK; CHES;
  CHESTÂ; CHIN; CIRCU; CLAVI; CLITO; CLIT; COCCG; COCCY; COLON; COLOS; COS; CDUCT; CONJ; CORAL;
  COR; CORD; CORN; CRANE; CRANF; CRANO; CRANP; CRANS; CRANT; CUBIT; CUFF; CULD; CULDO; DELT;
  DENTA; DEN; DIAF; DPH; DIGIT; DISC; DORS; DUFL; DUODE; DUR; EAR; EARBI; EARBM; EARBS; EARLO;
  ELBOW; ELBOWJ; ENDC; EC; EOLPH; ENDM; ET; EUR; EOS; EPICA; EPICM; EPD; EPIDU; EPIGL; ESOPG;
  ESO; ETHMO; Â; EYE; BROW; EYELI; FACE; FBINC; FBLAC; FBMAX; FBNAS; FBPAL; FBVOM; FBZYG; FALLT;
  FEMOR; FMH; FEMUR; FET; FIBU; FING; FINGN; FOL; FOOT; FOREA; FOREH; FORES; FOURC; GB; GEN;
  GVU; GENC; GL; GENL; GLAND; GLANS; GLUTE; GLUT; GLUTM; GROIN; GUM; HAR; HAL; HAND; HEAD; HART;
  HV; HVB; HVT; HEEL; HEM; HIP; HIPJ; HUMER; HYMEN; ILC; ILE; ILEOS; ILEUM; ILIAC; ILCR; ILCON;
  INGUI; JUGI; INT; ICX; INASA; INTRU; INTRO; ISCHI; JAW; KIDNÂ; KNEE; KNEEF; KNEEJ; LABIA;
  LABMA; LABMI; LACRI; LAM; INSTL; LARYN; LEG; LENS; WBC; LING; LINGU; LIP; STOOLL; LIVER; LOBE;
  LOCH; ISH; LUMBA; LMN; LUNG; LN; LNG; LYM; MAC; MALLE; MANDI; MAR; MAST; MAXIL; MAXS; MEATU;
  MEC; MEDST; MEDU; MOU; MPB; METAC; METAT; MILK; MITRL; MOLAR; MP; MONSU; MONSV; MOUTH; MRSA2;
  MYO; NAIL; NAILB; NAILF; NAILT; NARES; NASL; NSS; NLACR; NP; NTRAC; NAVEL; NECK; NERVE; NIPPL;
  NOS; NOSE; NOSTR; OCCIP; OLECR; OMEN; ORBIT; ORO; OSCOX; OVARY; PALAT; PLATH; PLATS; PALM;
  PANCR; PAFL; PAS; PARAT; PARIE; PARON; PAROT; PATEL; PELV; PENSH; PENIS; PANAL; PERI; PCARD;
  PCLIT; PERIH; PNEAL; PERIN; PNEPH; PNM; PORBI; PERRA; PERIS; PER; PERT; PERIT; PTONS; PERIU;
  PERIV; PHALA; PILO; PINNA; PLC; PLACF; PLACM; PLANT; PLEUR; PLEU; PLR; POPLI; PREAU; PRERE;
  PRST; PROS; PUBIC; PUL; RADI; RADIUS; RECTL; RECTU; RBC; RENL; RNP; RPERI; RIB; SACRA; SACRO;
  SACIL; SACRU; SALGL; SCALP; SCAPU; SCLER; SCROT; SEMN; SEM; SEPTU; SEROM; SHIN; SHOLJ; SHOL;
  SIGMO; SINUS; SKM; SKENE; SKULL; INSTS; SOLE; SPRM; SPHEN; SPCOR; SPLN; STER; STOM; USTOM;
  STOMA; STUMP; SCLV; SDP; SUB; SUBD; SGF; SUBM; SUBX; SUBME; SUBPH; SPX; SCLAV; SUPRA; SUPB;
  SWT; SWTG; SYNOL; SYN; SYNOV; TARS; TDUCT; TEAR; TEMPL; TEMPO; TML; TESTI; THIGH; THORA; THRB;
  THUMB; TNL; THM; THYRD; TIBIA; TOE; TOEN; TONG; TONS; TOOTH; TSK; TRCHE; TBRON; TCN; ULNA;
  UMB; UMBL; URET; URTH; UTERI; SAC; UTER; VAGIN; VCUFF; VGV; VAL; VAS; VASTL; VAULT; VEIN;
  VENTG; VCSF; VERMI; VERTC; VERTL; VERTT; VESI; VESCL; VESFLD; VESTI; VITR; VOC; VULVA; WRIST
`,
  bodySite: `
tho/v2-0163|BE; OU; BN; BU; CT; LA; LAC; LACF; LD; LE; LEJ; OS; LF; LG; LH; LIJ; LLAQ; LLFA;
  LMFA; LN; LPC; LSC; LT; LUA; LUAQ; LUFA; LVG; LVL; NB; PA; PERIN; RA; RAC; RACF; RD; RE; REJ;
  OD; RF; RG; RH; RIJ; RLAQ; RLFA; RMFA; RN; RPC; RSC; RT; RUA; RUAQ; RUFA; RVL; RVG
`,
  commentType: `
tho/v2-0364|PI; AI; GI; 1R; 2R; GR; RE; DR
`,
  completionStatus: `
fhir/event-status|CP=completed:Completed; RE=not-done:Not Done; NA=not-done:Not Done;
  PA=completed:Completed
`,
  confidentiality: `
tho/v3-Confidentiality|V; R; PSY; AID=HIV:HIV related; HIV
tho/v2-0177|U; UWM; VIP
tho/v3-ActCode|EMP; ETH=ETHUD:alcohol use disorder information sensitivity
`,
  contactRole: `
tho/v2-0131|E; C; F; I; N; S; O; U
`,
  degree: `
tho/v2-0360|PN; AAS; AA; ABA; AE; AS; BA; BBA; BE; BFA; BN; BS; BSL; BSN; BT; CER; CANP; CMA;
  CNP; CNM; CRN; CNS; CPNP; CTR; DIP; DBA; DED; PharmD; PHE; PHD; PHS; MD; DO; EMT; EMTP; FPNP;
  HS; JD; MA; MBA; MCE; MDI; MED; MEE; ME; MFA; MME; MS; MSL; MSN; MTH; MDA; MT; NG; NP; PA;
  RMA; RN; RPH; SEC; TS
`,
  diagnosisType: `
tho/diagnosis-role|A=AD:Admission Diagnosis
`,
  serviceSection: `
tho/v2-0074|AU; BG; BLB; CG; CUS; CTH; CT; CH; CP; EC; EN; GE; HM; ICU; IMM; LAB; MB; MCB; MYC;
  NMS; NMR; NRS; OUS; OT; OTH; OSL; PHR; PT; PHY; PF; RAD; RX; RUS; RC; RT; SR; SP; TX; VUS; VR;
  XRC
`,
  documentConfidentiality: `
tho/v2-0272|V; R; U
`,
  encounterPriority: `
tho/v3-ActPriority|1=EM:emergency; 2=UR:urgent; 3=EL:elective
`,
  eventReason: `
tho/v3-ActReason|01=PATRQT:patient requested; 02=TREAT:treatment; 03=HOPERAT:healthcare
  operations
tho/v2-0062|O; U
`,
  timingEvent: `
tho/v3-TimingEvent|HS; AC; PC; ACM; ACD; ACV; PCM; PCD; PCV
tho/v2-0528|IC; ICM; ICD; ICV
`,
  eventEncounterStatus: `
fhir/encounter-status|A01=in-progress:In Progress; A02=in-progress:In Progress;
  A03=finished:Finished; A04=planned:Planned; A05=planned:Planned; A08=unknown:Unknown;
  A11=cancelled:Cancelled; A13=in-progress:In Progress
`,
  priority: `
fhir/request-priority|S=stat:STAT; A=asap:ASAP; R=routine:Routine
`,
  appointmentStatus: `
fhir/appointmentstatus|Pending=pending:Pending; Waitlist=waitlist:Waitlisted;
  Booked=booked:Booked; Started=checked-in:Checked In; Complete=fulfilled:Fulfilled;
  Cancelled=cancelled:Cancelled; Deleted=entered-in-error:Entered In Error; Noshow=noshow:No
  Show
`,
  hospitalService: `
tho/service-type|MED=382:Medical Services; URO=222:Urology
tho/v2-0069|SUR; PUL; CAR
`,
  interpretation: `
tho/v3-ObservationInterpretation|<; >; A; AA; B; CAR; D; DET; E; EX; EXP; H; HH; HU; I; IE; IND;
  L; LL; LU; MS; N; NCL; ND; NEG; NR; NS; POS; R; RR; S; SDD; SYN-R; SYN-S; U; VS; UNE; W; WR
`,
  livingWill: `
tho/v2-0315|Y; F; N; I; U
`,
  maritalStatus: `
tho/v3-MaritalStatus|A=L:Legally Separated; D; M; S; W; C; G=T:Domestic partner; P=T:Domestic
  partner; R=T:Domestic partner; E=L:Legally Separated; N=A:Annulled; I; B=U:unmarried
tho/v3-NullFlavor|U=UNK:Unknown; O=OTH:Other; T=NAVU:Not available
`,
  arrival: `
tho/v2-0430|A; C; F; H; P; O; U
`,
  assemblyOrder: `
tho/v2-0444|G; F
`,
  nameUse: `
fhir/name-use|BAD=old:Old; D=usual:Usual; L=official:Official; M=maiden:Name changed for
  Marriage; MSK=anonymous:Anonymous; N=nickname:Nickname; NAV=temp:temp; R=official:Official;
  TEMP=temp:Temp
`,
  abnormalNature: `
tho/v2-0080|A; N; R; S; SP; B; ST
`,
  observationStatus: `
fhir/observation-status|A=amended:Amended; C=corrected:Corrected; D=entered-in-error:Entered in
  Error; F=final:Final; P=preliminary:Preliminary; X=cancelled; W=entered-in-error:Entered in
  Error
`,
  orderControlStatus: `
fhir/request-status|AF=active:Active; CA=active:Active; CR=revoked:Revoked; DC=revoked:Revoked;
  DF=revoked:Revoked; DR=revoked:Revoked; FU=completed:Completed; HD=active:Active;
  HR=on-hold:On Hold; NW=active:Active; OC=revoked:Revoked; OD=revoked:Revoked; OH=on-hold:On
  Hold; OK=active:Active; PR=active:Active; PY=active:Active; RL=active:Active;
  RO=active:Active; RQ=active:Active
`,
  orderStatus: `
fhir/request-status|CA=revoked:Revoked; CM=completed:Completed; DC=revoked:Revoked;
  ER=entered-in-error:Entered in Error; HD=on-hold:On Hold; IP=active:Active;
  RP=revoked:Revoked; SC=active:Active
`,
  orderType: `
tho/v3-RoleCode|I=HOSP:Hospital; O=OF:Outpatient facility
`,
  participation: `
tho/practitioner-role|PH=pharmacist:Pharmacist
`,
  encounterClass: `
tho/v3-ActCode|E=EMER:emergency; I=IMP:inpatient encounter; O=AMB:ambulatory;
  P=PRENC:pre-admission
tho/v2-0004|R; B; C; N; U
`,
  encounterStatus: `
fhir/encounter-status|E=in-progress; I=in-progress; O=in-progress; P=planned; R=in-progress;
  B=in-progress; C=in-progress; N=in-progress; U=unknown
`,
  practitionerIdType: `
tho/v2-0338|CY; DEA; GL; LI; L&I=LI:Labor and industries number; MCD; MCR; QA; SL; TRL; UPIN
tho/v2-0203|TAX
`,
  processingId: `
tho/v2-0103|D; P; T; N; V
`,
  processingMode: `
tho/v2-0207|A; R; I; T
`,
  providerRole: `
tho/v3-ParticipationType|AD=ADM:admitter; AT=ATND:attender; CP=CON:consultant; RP=REF:referrer
http://snomed.info/sct|PP=446050000:PCP - Primary care physician; PI=40570005:Interpreter
`,
  readmission: `
tho/v2-0092|R
`,
  relationship: `
tho/v3-RoleCode|SEL=ONESELF:self; SPO=SPS:spouse; DOM=SIGOTHR:significant other;
  CHD=CHILD:child; GCH=GRNDCHILD:grandchild; NCH=NCHILD:natural child; SCH=STPCHLD:step child;
  FCH=CHLDFOST:foster child; PAR=PRN:parent; MTH; FTH; GRP=GRPRN:grandparent; EXF=EXT:extended
  family member; SIB; BRO; SIS; FND=FRND:unrelated friend
tho/v2-0063|DEP; WRD; CGV; GRD; OAD; EME; ASC; OWN; TRA; MGR; NON
tho/v2-0131|EMR=E:Employer; EMC=C:Emergency Contact; UNK=U:Unknown; OTH=O:Other
`,
  religion: `
tho/v3-ReligiousAffiliation|A=1007:Atheism; B=1009:Baptist; E=1069:Episcopalian; J=1026:Judaism;
  L=1028:Lutheran; M=1027:Latter Day Saints; N=1020:Hinduism; P=1077:Protestant;
  AGN=1004:Agnosticism; ATH=1007:Atheism; BAH=1008:Babi & Baha'I faiths; BRE=1062:Brethren;
  BMA=1029:Mahayana; BTH=1051:Theravada; CHR=1013:Christian (non-Catholic, non-specific);
  ANG=1005:Anglican; AOG=1061:Assembly of God; BAP=1009:Baptist; CRR=1079:Reformed;
  CHS=1063:Christian Scientist; COC=1064:Church of Christ; COG=1065:Church of God;
  COL=1066:Congregational; EOT=1068:Eastern Orthodox; EPI=1069:Episcopalian; FRQ=1071:Friends;
  FUL=1072:Full Gospel; JWN=1025:Jehovah's Witnesses; MOM=1027:Latter Day Saints;
  LUT=1028:Lutheran; MET=1073:Methodist; NAZ=1075:Nazarene; ORT=1036:Orthodox;
  PEN=1038:Pentecostal; PRE=1076:Presbyterian; PRO=1077:Protestant; PRC=1078:Protestant, No
  Denomination; QUA=1071:Friends; REC=1079:Reformed; CAT=1041:Roman Catholic Church;
  SAA=1080:Salvation Army; SEV=1001:Adventist; UCC=1082:United Church of Christ;
  UNI=1052:Unitarian-Universalism; UNU=1081:Unitarian Universalist; CNF=1014:Confucianism;
  DOC=1067:Disciples of Christ; HSH=1020:Hinduism; HVA=1020:Hinduism; HOT=1020:Hinduism;
  JAI=1024:Jainism; MOS=1023:Islam; MSH=1045:Shiite (Islam); MSU=1049:Sunni (Islam);
  NAM=1074:Native American; SHN=1046:Shinto; SIK=1047:Sikism; SPI=1048:Spiritualism
`,
  repeatPattern: `
tho/v3-GTSAbbreviation|BID; TID; QID; QOD
tho/v2-0335|QAM; QSHIFT; QHS; QPM; C; PRN; Once; A; P; I; M; D; V
`,
  reportStatus: `
fhir/diagnostic-report-status|O=registered:Registered; I=registered:Registered;
  S=registered:Registered; P=preliminary:Preliminary; C=corrected:Corrected; R=partial:Partial;
  F=final:Final; X=cancelled:Cancelled
`,
  route: `
tho/v2-0162|AP; B; DT; EP; ET; GTT; GU; IMR; IA; IB; IC; ICV; IH; IHA; IN; IO; IP; IS; IT; IU;
  MTH; MM; NS; NG; NP; NT; OP; OT; OTH; PF; PR; RM; SD; SL; TP; TRA; TL; UR; VG; VM; WND
tho/v3-RouteOfAdministration|ID=IDINJ:Injection, intradermal; IM; IV=IVINJ:Injection,
  intravenous; PO; SC=SQ:Injection, subcutaneous; TD=TRNSDERM:Transdermal
`,
  collectionMethod: `
tho/v2-0488|FNA; PNA; BCAE; BCAN; BCPD; CAP; CATH; EPLA; ESWA; LNA; CVP; LNV; MARTL; ML11; PACE;
  PIN; KOFFP; MLP; NYP; TMP; ANP; BAP; PRIME; PUMP; QC5; SCLP; SHA; SWA; SWD; WOOD; TMOT; TMAN;
  TMCH; TMM4; TMMY; TMPV; TMSC; TMUP; TMVI; VENIP
http://snomed.info/sct|BIO=129314006:Biopsy - action; SCRAPS=129323009:Scraping - action
`,
  specimenCondition: `
tho/v2-0493|AUT; CLOT; CON; COOL; FROZ; HEM; LIVE; ROOM; SNR; CFU
`,
  specimenType: `
tho/v2-0487|ABS; ACNE; ACNFLD; AIRS; ALL; AMN; AMP; ANGI; ARTC; ASERU; ASP; ATTE; AUTOA; AUTOC;
  AUTP; BBL; BCYST; BDY; BIFL; BITE; BLD; BLDA; BLDCO; BLDV; BLEB; BLIST; BOIL; BON; BOWL; BPH;
  BPU; BRN; BRSH; BRTH; BRUS; BUB; BULLA; BX; CALC; CARBU; CAT; CBITE; CDM; CLIPP; CNJT; CNL;
  COL; CONE; CSCR; CSERU; CSF; CSITE; CSMY; CST; CSVR; CTP; CUR; CVM; CVPS; CVPT; CYN; CYST;
  DBITE; DCS; DEC; DEION; DIA; DIAF; DISCHG; DIV; DRN; DRNG; DRNGP; DUFL; EARW; EBRUSH; EEYE;
  EFF; EFFUS; EFOD; EISO; ELT; ENVIR; EOS; EOTH; ESOI; ESOS; ETA; ETTP; ETTUB; EWHI; EXG; EXS;
  EXUDTE; FAW; FBLOOD; FGA; FIB; FIST; FLD; FLT; FLU; FLUID; FOLEY; FRS; FSCLP; FUR; GAS; GASA;
  GASAN; GASBR; GASD; GAST; GENL; GENV; GRAFT; GRAFTS; GRANU; GROSH; GSOL; GSPEC; GT; GTUBE;
  HAR; HBITE; HBLUD; HEMAQ; HEMO; HERNI; HEV; HIC; HYDC; IBITE; ICYST; IDC; IHG; ILEO; ILLEG;
  IMP; INCI; INFIL; INS; INTRD; ISLT; IT; IUD; IVCAT; IVFLD; IVTIP; JEJU; JNTFLD; JP; KELOI;
  KIDFLD; LAVG; LAVGG; LAVGP; LAVPG; LENS1; LENS2; LESN; LIQ; LIQO; LNA; LNV; LSAC; LYM; MAC;
  MAHUR; MAR; MASS; MBLD; MEC; MILK; MLK; MUCOS; MUCUS; NAIL; NASDR; NEDL; NEPH; NGASP; NGAST;
  NGS; NODUL; NSECR; ORH; ORL; OTH; PACEM; PAFL; PCFL; PDSIT; PDTS; PELVA; PENIL; PERIA; PILOC;
  PINS; PIS; PLAN; PLAS; PLB; PLC; PLEVS; PLR; PMN; PND; POL; POPGS; POPLG; POPLV; PORTA; PPP;
  PROST; PRP; PSC; PUNCT; PUS; PUSFR; PUST; QC3; RANDU; RBC; RBITE; RECT; RECTA; RENALC; RENC;
  RES; SAL; SCAR; SCLV; SCROA; SECRE; SER; SHU; SHUNF; SHUNT; SITE; SKBP; SKN; SMM; SMN; SNV;
  SPRM; SPRP; SPRPB; SPS; SPT; SPTC; SPTT; SPUT1; SPUTIN; SPUTSP; STER; STL; STONE; SUBMA;
  SUBMX; SUMP; SUP; SUTUR; SWGZ; SWT; TASP; TEAR; THRB; TISS; TISU; TLC; TRAC; TRANS; TSERU;
  TSTES; TTRA; TUBES; TUMOR; TZANC; UDENT; UMED; UR; URC; URINB; URINC; URINM; URINN; URINP;
  URNS; URT; USCOP; USPEC; USUB; VASTIP; VENT; VITF; VOM; WASH; WASI; WAT; WB; WBC; WEN; WICK;
  WND; WNDA; WNDD; WNDE; WORM; WRT; WWA; WWO; WWT
`,
  telecomSystem: `
fhir/contact-point-system|PH=phone:Phone; FX=fax:Fax; MD=other:Other; SAT=other:Other;
  BP=pager:Pager; Internet=email:email; X.400=email:email; TDD=other:Other; TTY=other:Other
fhir/contact-point-use|CP=mobile:Mobile
`,
  telecomUse: `
fhir/contact-point-use|PRN=home:Home; WPN=work:Work; PRS=mobile:Mobile
`,
  availability: `
fhir/specimen-status|Y=available:Available; N=unavailable:Unavailable
`,
} as const;
