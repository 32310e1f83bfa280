import { hmacSha256 } from '../../base/digest.ts';

const given =
  'Alder Aspen Birch Briar Cedar Clover Coral Dale Ember Fern Flint Garnet Hazel Heath Iris Ivy Jasper Juniper Lark Laurel Linden Maple Marlow Myrtle Olive Opal Pearl Quill River Robin Rowan Sage Sorrel Sparrow Sterling Sylvan Tansy Thorne Willow Wren'.split(
    ' ',
  );
const family =
  'Amberly Ashdown Barrowby Blackmere Bramwell Brindle Carrowick Cliffmoor Copperfell Dunmere Eastmarch Elderby Fallowmoor Fernhill Foxmere Greyholt Hawkmoor Hollowell Ironwell Kestrelby Larkfell Longmere Marlstone Mossbank Nettleby Northmarch Oakmere Pinefell Quarrywell Ravenholt Redfern Saltmarsh Silverby Stonemere Thistleby Umberfell Valemoor Westholt Whitmarsh Yarrowby'.split(
    ' ',
  );

/** A name for a name, the same for the same, from lists of invented ones. */
export function nameFor(key: Uint8Array, part: 'given' | 'family', name: string): string {
  const list = part === 'given' ? given : family;
  const drawn = hmacSha256(key, `${part}\0${name.trim().toLowerCase()}`).readUInt32BE(0);
  return list[drawn % list.length] as string;
}
