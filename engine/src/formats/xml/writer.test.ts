import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { XmlElement } from './element.ts';
import { readXml } from './reader.ts';
import { escapeXml, Markup, tag } from './writer.ts';

describe('xml: writing', () => {
  it('leaves out what is undefined, and closes what is empty', () => {
    assert.equal(tag('a', { b: undefined, c: '1' }).text, '<a c="1"/>');
    assert.equal(tag('a', {}, undefined, [undefined, []]).text, '<a/>');
    assert.equal(tag('a', {}, [tag('b', {}), ' x ']).text, '<a><b/> x </a>');
  });

  it('gives back every text that XML can hold', () => {
    for (const text of [
      'a<b>&"c\'',
      ']]>',
      'tab\tline\nreturn\r\nend',
      '  blanks  ',
      'ß ½ 𝄞 –',
      '&amp;',
    ]) {
      const { text: document } = tag('a', { at: text }, text);
      const roots = readXml(document, { namespaces: new Map(), maxDepth: 9 });
      assert.ok(!('code' in roots));
      const [root] = roots as [XmlElement];
      assert.deepEqual([root.attribute('at'), root.text], [text, text]);
    }
  });

  it('leaves out characters that XML has no place for', () => {
    assert.equal(escapeXml('a\u0000b\u000bc\ufffed\ud800e'), 'abcde');
  });

  it('does not escape markup twice', () => {
    assert.equal(tag('a', {}, new Markup('<b/>')).text, '<a><b/></a>');
  });
});
