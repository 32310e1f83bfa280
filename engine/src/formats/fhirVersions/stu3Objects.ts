import {
  bothWays,
  keep,
  listOf,
  move,
  moves,
  objectsOf,
  take,
  type Node,
  type Rule,
} from './rule.ts';

const terminology = 'http://terminology.hl7.org/CodeSystem/';

/** The UID is an identifier, and so are accession numbers. */
function study(node: Node): void {
  const { members } = node;
  const uid = take(node, 'uid');
  const accession = take(node, 'accession');
  const identifiers = [
    ...(uid === undefined ? [] : [{ system: 'urn:dicom:uid', value: uid }]),
    ...listOf(members['identifier']),
    ...listOf(accession),
  ];
  if (identifiers.length > 0) members['identifier'] = identifiers;
  if (take(node, 'availability') !== undefined) node.lose('availability', 'no-place');
  members['status'] ??= 'available';
}

/** Which of the identifiers is an accession number R4 says by its type at most; they stay identifiers. */
function studyBack(node: Node): void {
  const identifiers = objectsOf(node.members['identifier']);
  const own = identifiers.find(({ system }) => system === 'urn:dicom:uid');
  if (typeof own?.['value'] === 'string') {
    node.members['uid'] = own['value'];
    const others = identifiers.filter((each) => each !== own);
    if (others.length > 0) node.members['identifier'] = others;
    else delete node.members['identifier'];
  }
  if (node.members['status'] === 'available') take(node, 'status');
}

/** UIDs are bare in R4's series and instances. */
const bareUid = bothWays(
  ({ members }) => {
    const { uid } = members;
    if (typeof uid === 'string') members['uid'] = uid.replace(/^urn:oid:/, '');
  },
  ({ members }) => {
    const { uid } = members;
    if (typeof uid === 'string') members['uid'] = `urn:oid:${uid}`;
  },
);

const sopClass = bothWays(
  ({ members }) => {
    const { sopClass: code } = members;
    if (typeof code === 'string') members['sopClass'] = { system: 'urn:ietf:rfc:3986', code };
  },
  ({ members }) => {
    const [coding] = objectsOf(members['sopClass']);
    if (typeof coding?.['code'] === 'string') members['sopClass'] = coding['code'];
  },
);

function seriesPerformers({ members }: Node): void {
  const performers = objectsOf(members['performer']);
  if (performers.length === 0) return;
  const system = `${terminology}v3-ParticipationType`;
  members['performer'] = performers.map((actor) =>
    actor['actor'] === undefined
      ? { function: { coding: [{ system, code: 'PRF' }] }, actor }
      : actor,
  );
}

function deviceUdi(node: Node): void {
  const [udi] = objectsOf(take(node, 'udi'));
  if (udi === undefined) return;
  const { name, ...carrier } = udi;
  node.members['udiCarrier'] = [carrier];
  if (name !== undefined) {
    node.members['deviceName'] = [
      ...listOf(node.members['deviceName']),
      { name, type: 'udi-label-name' },
    ];
  }
}

/** The first carrier, with the name that its label gives. */
function deviceUdiBack(node: Node): void {
  const [carrier, ...others] = objectsOf(take(node, 'udiCarrier'));
  const names = objectsOf(take(node, 'deviceName'));
  const label = names.find(({ type }) => type === 'udi-label-name');
  if (carrier !== undefined || label !== undefined) {
    node.members['udi'] = {
      ...carrier,
      ...(label?.['name'] !== undefined && { name: label['name'] }),
    };
  }
  if (others.length > 0) node.lose('udiCarrier', 'only-first');
  if (names.some((each) => each !== label)) node.lose('deviceName', 'no-place');
}

/** A version was a text. */
export const deviceVersion = bothWays(
  ({ members }) => {
    if (typeof members['version'] === 'string')
      members['version'] = [{ value: members['version'] }];
  },
  (node) => {
    const [first, ...others] = objectsOf(take(node, 'version'));
    if (first === undefined) return;
    if (first['value'] !== undefined) node.members['version'] = first['value'];
    if (others.length > 0) node.lose('version', 'only-first');
  },
);

/** Imaging studies by their UIDs. */
export const imaging: Readonly<Record<string, readonly Rule[]>> = {
  ImagingStudy: [
    bothWays(study, studyBack),
    ...moves('modalityList>modality patient>subject context>encounter reason>reasonCode'),
  ],
  'ImagingStudy.series': [bareUid, seriesPerformers, keep('availability', 'Code')],
  'ImagingStudy.series.instance': [bareUid, sopClass],
};

/** Devices by what their carriers say. */
export const devices: Readonly<Record<string, readonly Rule[]>> = {
  Device: [bothWays(deviceUdi, deviceUdiBack), move('model', 'modelNumber'), deviceVersion],
};
