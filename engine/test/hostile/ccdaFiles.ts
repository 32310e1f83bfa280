import { deflateRawSync } from 'node:zlib';
import type { HostileFile } from './hostileFile.ts';

const declaration = '<?xml version="1.0" encoding="UTF-8"?>';
const problem = `<entry><act classCode="ACT" moodCode="EVN">
<templateId root="2.16.840.1.113883.10.20.22.4.3"/><id root="1.2.3" extension="c1"/>
<code code="CONC" codeSystem="2.16.840.1.113883.5.6"/><statusCode code="active"/>
<entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN">
<templateId root="2.16.840.1.113883.10.20.22.4.4"/><id root="1.2.3" extension="p1"/>
<code code="55607006" codeSystem="2.16.840.1.113883.6.96"/><statusCode code="completed"/>
<effectiveTime><low value="20200101"/></effectiveTime>
<value xsi:type="CD" code="195967001" codeSystem="2.16.840.1.113883.6.96"/>
</observation></entryRelationship></act></entry>`;

const section = (inside: string): string =>
  `<component><section><code code="11450-4" codeSystem="2.16.840.1.113883.6.1"/><title>Problems</title>${inside}</section></component>`;

const documentOf = (body: string, root = ''): string =>
  `${declaration}<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"${root}>
<id root="1.2.3" extension="d1"/><code code="34133-9" codeSystem="2.16.840.1.113883.6.1"/><title>CCD</title>
<effectiveTime value="20240101120000+0000"/>
<recordTarget><patientRole><id root="1.2.3.4" extension="m1"/><patient><name><given>JO</given><family>DOE</family></name>
<administrativeGenderCode code="F"/><birthTime value="19800102"/></patient></patientRole></recordTarget>
<component><structuredBody>${body}</structuredBody></component></ClinicalDocument>`;

const text = '<text><list><item ID="t1">Asthma</item></list></text>';

export const usual = documentOf(section(text + problem));

const megabyte = 1024 * 1024;
const inText = (inside: string): string => documentOf(section(`<text>${inside}</text>${problem}`));
const inName = (name: string): string => usual.replace('JO', () => name);
const nested = (tag: string, depth: number, attributes = ''): string =>
  `<${tag}${attributes}>`.repeat(depth) + `</${tag}>`.repeat(depth);
const repeated = (count: number, piece: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => piece(at)).join('');
const doctype = (inside: string): string =>
  usual.replace(declaration, `${declaration}<!DOCTYPE ClinicalDocument ${inside}>`);

const entryOf = (inside: string): string =>
  `<entry><observation classCode="OBS" moodCode="EVN"><code code="1" codeSystem="2.16.840.1.113883.6.1"/><statusCode code="completed"/>${inside}</observation></entry>`;

const around = (depth: number, kind: string, template: string, inside: string): string =>
  `<entryRelationship typeCode="COMP"><${kind} classCode="ACT" moodCode="EVN"><templateId root="${template}"/><code code="1"/>`.repeat(
    depth,
  ) +
  inside +
  `</${kind}></entryRelationship>`.repeat(depth);

/** Clinical documents that are cut, endless, twisted or of something else. */
export const ccdaFiles: readonly HostileFile[] = [
  { what: 'nothing at all', bytes: '', outcome: 'nothing' },
  { what: 'nothing but NULs', bytes: Buffer.alloc(megabyte), outcome: 'refused' },
  { what: 'nothing but spaces', bytes: ' '.repeat(megabyte), outcome: 'xml-not-well-formed' },
  { what: 'a byte order mark alone', bytes: Buffer.from('\ufeff'), outcome: 'xml-not-well-formed' },
  {
    what: 'bytes of a picture',
    bytes: Buffer.from(Array.from({ length: 50_000 }, (_, at) => (at * 7919) & 255)),
    outcome: 'xml-encoding',
  },
  { what: 'a ZIP in place of XML', bytes: deflateRawSync(usual), outcome: 'refused' },
  { what: 'HL7 v2', bytes: 'MSH|^~\\&|A\rPID|1\r', outcome: 'xml-not-well-formed' },
  { what: 'JSON', bytes: '{"resourceType":"Bundle"}', outcome: 'xml-not-well-formed' },
  { what: 'HTML', bytes: '<html><br><p>text</html>', outcome: 'xml-not-well-formed' },
  { what: 'a document of something else', bytes: '<a/>', outcome: 'refused' },
  {
    what: 'a document of nobody',
    bytes: usual.replace(/<recordTarget>[^]*<\/recordTarget>/, ''),
    outcome: 'cda-no-patient',
  },
  {
    what: 'a patient without a name or a number',
    bytes: usual.replace(/<patientRole>[^]*<\/patientRole>/, '<patientRole/>'),
    outcome: 'cda-no-patient',
  },
  {
    what: 'cut in a tag',
    bytes: usual.slice(0, usual.lastIndexOf('<observation') + 20),
    outcome: 'xml-not-well-formed',
  },
  {
    what: 'cut in a value',
    bytes: usual.slice(0, usual.indexOf('195967001') + 3),
    outcome: 'xml-not-well-formed',
  },
  {
    what: 'cut before the last tag',
    bytes: usual.slice(0, usual.lastIndexOf('<')),
    outcome: 'xml-not-well-formed',
  },
  { what: 'cut in the declaration', bytes: usual.slice(0, 20), outcome: 'xml-not-well-formed' },
  { what: 'cut in a comment', bytes: `${usual}<!-- never`, outcome: 'xml-not-well-formed' },
  {
    what: 'cut in a CDATA section',
    bytes: inText('<![CDATA[never'),
    outcome: 'xml-not-well-formed',
  },
  { what: 'two documents in a file', bytes: usual + usual, outcome: 'read' },
  { what: 'words after the document', bytes: `${usual}more`, outcome: 'xml-not-well-formed' },
  { what: 'a document type', bytes: doctype(''), outcome: 'xml-doctype' },
  {
    what: 'a billion laughs',
    bytes: doctype(
      `[<!ENTITY a "ha">${repeated(20, (at) => `<!ENTITY a${at} "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">`)}]`,
    ),
    outcome: 'xml-doctype',
  },
  {
    what: 'an entity of a file',
    bytes: doctype('[<!ENTITY x SYSTEM "file:///etc/passwd">]'),
    outcome: 'xml-doctype',
  },
  {
    what: 'an entity of a server',
    bytes: doctype('SYSTEM "http://127.0.0.1/x.dtd"'),
    outcome: 'xml-doctype',
  },
  { what: 'a parameter entity', bytes: doctype('[<!ENTITY % x "y"> %x;]'), outcome: 'xml-doctype' },
  {
    what: 'a document type in small letters',
    bytes: usual.replace(declaration, '<!doctype html>'),
    outcome: 'xml-not-well-formed',
  },
  {
    what: 'an entity that nobody declared',
    bytes: inText('&nbsp;'),
    outcome: 'xml-entity-unknown',
  },
  {
    what: 'an entity of a name of a megabyte',
    bytes: inText(`&${'a'.repeat(megabyte)};`),
    outcome: 'xml-entity-unknown',
  },
  {
    what: 'a million ampersands',
    bytes: inText('&'.repeat(megabyte)),
    outcome: 'xml-entity-unknown',
  },
  { what: 'a reference to a NUL', bytes: inName('&#0;'), outcome: 'xml-entity-unknown' },
  {
    what: 'a reference to half a character',
    bytes: inName('&#xD800;'),
    outcome: 'xml-entity-unknown',
  },
  {
    what: 'a reference beyond all characters',
    bytes: inName('&#x110000;'),
    outcome: 'xml-entity-unknown',
  },
  {
    what: 'a reference of a hundred digits',
    bytes: inName(`&#${'9'.repeat(100)};`),
    outcome: 'xml-entity-unknown',
  },
  { what: 'a reference of no digits', bytes: inName('&#;'), outcome: 'xml-entity-unknown' },
  { what: 'half a million references', bytes: inText('&amp;'.repeat(500_000)), outcome: 'read' },
  { what: 'elements 100,000 deep', bytes: nested('a', 100_000), outcome: 'xml-too-deep' },
  {
    what: 'a narrative 100,000 deep',
    bytes: inText(nested('content', 100_000)),
    outcome: 'xml-too-deep',
  },
  { what: 'a narrative as deep as may be', bytes: inText(nested('content', 190)), outcome: 'read' },
  { what: 'a hundred thousand open tags', bytes: '<a>'.repeat(100_000), outcome: 'xml-too-deep' },
  {
    what: 'observations in observations',
    bytes: documentOf(section(entryOf(around(85, 'observation', 'x', '')))),
    outcome: 'read',
  },
  {
    what: 'organizers in organizers',
    bytes: documentOf(
      section(
        `<entry><organizer classCode="CLUSTER" moodCode="EVN"><code code="1"/>${'<component><organizer classCode="CLUSTER" moodCode="EVN"><code code="1"/>'.repeat(85)}${'</organizer></component>'.repeat(85)}</organizer></entry>`,
      ),
    ),
    outcome: 'read',
  },
  {
    what: 'concerns in concerns',
    bytes: documentOf(
      section(
        `<entry><act classCode="ACT" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.3"/>${around(85, 'act', '2.16.840.1.113883.10.20.22.4.3', '')}</act></entry>`,
      ),
    ),
    outcome: 'read',
  },
  {
    what: 'medications in medications',
    bytes: documentOf(
      section(
        `<entry><substanceAdministration classCode="SBADM" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.16"/>${around(85, 'substanceAdministration', '2.16.840.1.113883.10.20.22.4.16', '')}</substanceAdministration></entry>`,
      ),
    ),
    outcome: 'read',
  },
  {
    what: 'acts of no kind in acts of no kind',
    bytes: documentOf(
      section(
        `<entry><act classCode="ACT" moodCode="EVN">${around(85, 'act', 'x', '')}</act></entry>`,
      ),
    ),
    outcome: 'read',
  },
  {
    what: 'sections in sections',
    bytes: documentOf(
      '<component><section>'.repeat(90) + problem + '</section></component>'.repeat(90),
    ),
    outcome: 'read',
  },
  {
    what: 'organisations in organisations',
    bytes: usual.replace(
      '</patientRole>',
      () =>
        `<providerOrganization><name>A</name>${'<asOrganizationPartOf><wholeOrganization><name>B</name>'.repeat(80)}${'</wholeOrganization></asOrganizationPartOf>'.repeat(80)}</providerOrganization></patientRole>`,
    ),
    outcome: 'read',
  },
  {
    what: 'five million elements',
    bytes: () => `<a>${'<b/>'.repeat(5_000_000)}</a>`,
    outcome: 'xml-too-many-parts',
  },
  {
    what: 'five million attributes',
    bytes: () => `<a>${`<b${repeated(20, (at) => ` a${at}=""`)}/>`.repeat(250_000)}</a>`,
    outcome: 'xml-too-many-parts',
  },
  {
    what: 'two hundred thousand attributes of one element',
    bytes: () => `<a${repeated(200_000, (at) => ` a${at}=""`)}/>`,
    outcome: 'refused',
  },
  {
    what: 'an attribute twice',
    bytes: usual.replace('code="34133-9"', 'code="1" code="2"'),
    outcome: 'xml-not-well-formed',
  },
  {
    what: 'an attribute twice among a thousand',
    bytes: `<a${repeated(1000, (at) => ` a${at}=""`)} a7=""/>`,
    outcome: 'xml-not-well-formed',
  },
  {
    what: 'ten thousand prefixes',
    bytes: documentOf(
      '',
      repeated(10_000, (at) => ` xmlns:p${at}="u"`),
    ),
    outcome: 'xml-too-many-parts',
  },
  {
    what: 'twenty thousand elements with a prefix each',
    bytes: inText(repeated(20_000, (at) => `<p${at}:a xmlns:p${at}="u"/>`)),
    outcome: 'read',
  },
  {
    what: 'the namespace of CDA under another prefix',
    bytes: usual.replace('xmlns=', 'xmlns:q="urn:hl7-org:v3" xmlns='),
    outcome: 'read',
  },
  { what: 'no namespace', bytes: usual.replace(' xmlns="urn:hl7-org:v3"', ''), outcome: 'read' },
  {
    what: 'a hundred thousand names',
    bytes: inText(repeated(100_000, (at) => `<n${at}/>`)),
    outcome: 'read',
  },
  { what: 'a name of a megabyte', bytes: inText(`<${'n'.repeat(megabyte)}/>`), outcome: 'read' },
  { what: 'a value of 10 MB', bytes: () => inName('A'.repeat(10 * megabyte)), outcome: 'read' },
  {
    what: 'a narrative of 10 MB',
    bytes: () => inText('word '.repeat(2 * megabyte)),
    outcome: 'read',
  },
  {
    what: 'two million spaces in a tag',
    bytes: usual.replace('<title>', `<title${' '.repeat(2 * megabyte)}>`),
    outcome: 'read',
  },
  {
    what: 'two million line ends',
    bytes: usual.replace('<title>', '\n'.repeat(2 * megabyte) + '<title>'),
    outcome: 'read',
  },
  { what: 'a million comments', bytes: () => inText('<!---->'.repeat(megabyte)), outcome: 'read' },
  {
    what: 'a million instructions',
    bytes: () => inText('<?a?>'.repeat(megabyte)),
    outcome: 'read',
  },
  {
    what: 'a million beginnings of a comment',
    bytes: () => inText('<!--'.repeat(megabyte)),
    outcome: 'xml-not-well-formed',
  },
  {
    what: 'a million beginnings of CDATA',
    bytes: () => inText('<![CDATA['.repeat(megabyte)),
    outcome: 'xml-not-well-formed',
  },
  {
    what: 'a million quotes',
    bytes: inText(`<a b=${'"'.repeat(megabyte)}/>`),
    outcome: 'xml-not-well-formed',
  },
  { what: 'tags that cross', bytes: inText('<a><b></a></b>'), outcome: 'xml-not-well-formed' },
  {
    what: 'a less-than in a value',
    bytes: usual.replace('extension="d1"', 'extension="<"'),
    outcome: 'xml-not-well-formed',
  },
  {
    what: 'twenty thousand entries that point at a long narrative',
    bytes: () =>
      documentOf(
        section(
          `<text ID="all">${'word '.repeat(100_000)}</text>${entryOf('<text><reference value="#all"/></text>').repeat(20_000)}`,
        ),
      ),
    outcome: 'read',
  },
  {
    what: 'a narrative that points at itself',
    bytes: documentOf(
      section(
        `<text ID="t"><content ID="u"><reference value="#t"/></content></text>${entryOf('<text><reference value="#t"/></text>')}`,
      ),
    ),
    outcome: 'read',
  },
  {
    what: 'an anchor a hundred thousand times',
    bytes: inText('<content ID="x"/>'.repeat(100_000)),
    outcome: 'read',
  },
  {
    what: 'an id that ten thousand entries share',
    bytes: () => documentOf(section(problem.repeat(10_000))),
    outcome: 'read',
  },
  {
    what: 'ten thousand sections of codes of their own',
    bytes: () =>
      documentOf(
        repeated(
          10_000,
          (at) => `<component><section><code code="c${at}"/>${entryOf('')}</section></component>`,
        ),
      ),
    outcome: 'read',
  },
  {
    what: 'ten thousand translations',
    bytes: usual.replace(
      'codeSystem="2.16.840.1.113883.6.96"/>\n</observation>',
      () =>
        `codeSystem="2.16.840.1.113883.6.96">${repeated(10_000, (at) => `<translation code="${at}"/>`)}</value>\n</observation>`,
    ),
    outcome: 'read',
  },
  {
    what: 'ten thousand patients',
    bytes: () =>
      usual.replace(/<recordTarget>[^]*<\/recordTarget>/, (target) => target.repeat(10_000)),
    outcome: 'read',
  },
  {
    what: 'ten thousand names of a patient',
    bytes: () => usual.replace(/<name>[^]*?<\/name>/, (name) => name.repeat(10_000)),
    outcome: 'read',
  },
  { what: 'a date that never was', bytes: usual.replace('19800102', '19800230'), outcome: 'read' },
  {
    what: 'a date of a megabyte',
    bytes: usual.replace('19800102', '1'.repeat(megabyte)),
    outcome: 'read',
  },
  {
    what: 'an OID of a megabyte',
    bytes: usual.replace('2.16.840.1.113883.6.96', '1.'.repeat(megabyte / 2) + '1'),
    outcome: 'read',
  },
  {
    what: 'names of the prototype as codes',
    bytes: usual.replace('195967001', '__proto__').replace('55607006', 'constructor'),
    outcome: 'read',
  },
  {
    what: 'names of the prototype as elements',
    bytes: inText('<__proto__/><constructor/>'),
    outcome: 'read',
  },
  {
    what: 'a type of value from the prototype',
    bytes: usual.replace('"CD"', '"constructor"'),
    outcome: 'read',
  },
  {
    what: 'a script in the narrative',
    bytes: inText('<script>alert(1)</script><linkHtml href="javascript:alert(1)">x</linkHtml>'),
    outcome: 'read',
  },
  {
    what: 'UTF-16 with its mark',
    bytes: Buffer.from(`\ufeff${usual}`, 'utf16le'),
    outcome: 'read',
  },
  { what: 'UTF-16 that says UTF-8', bytes: Buffer.from(usual, 'utf16le'), outcome: 'read' },
  {
    what: 'UTF-16 cut in half a character',
    bytes: Buffer.from(`\ufeff${usual}`, 'utf16le').subarray(0, -1),
    outcome: 'xml-encoding',
  },
  {
    what: 'UTF-8 that is broken',
    bytes: Buffer.from(usual.replace('JO', 'J\xc3'), 'latin1'),
    outcome: 'xml-encoding',
  },
  {
    what: 'an overlong character',
    bytes: Buffer.from(usual.replace('JO', '\xc0\xaf'), 'latin1'),
    outcome: 'xml-encoding',
  },
  { what: 'UTF-7', bytes: usual.replace('UTF-8', 'UTF-7'), outcome: 'xml-encoding' },
  {
    what: 'an encoding that nobody knows',
    bytes: usual.replace('UTF-8', 'x-none'),
    outcome: 'xml-encoding',
  },
  { what: 'a NUL in a name', bytes: inName('J\0O'), outcome: 'xml-not-well-formed' },
  {
    what: 'an escape sequence of a terminal',
    bytes: inName('\x1b[2J'),
    outcome: 'xml-not-well-formed',
  },
];
