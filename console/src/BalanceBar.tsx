import { gapOf, layOut, ties, type Balance } from '../../engine/src/contract/balanceBar.ts';
import { count } from './words.ts';

/** The bar, and beside it the equation in words, which says the same to who does not see it. */
export function BalanceBar({ balance }: { balance: Balance }) {
  const tied = ties(balance);
  const gap = gapOf(balance);
  return (
    <div className="balance">
      <div className={tied ? 'bar' : 'bar broken'} aria-hidden="true">
        {layOut(balance).map(({ segment, width }) => (
          <span key={segment} className={segment} style={{ width: `${width}%` }} />
        ))}
      </div>
      <p className="equation">
        {balance.terms
          .filter((term, at) => at === 0 || term.count !== 0)
          .map((term, at) => (
            <span key={term.word}>
              {at > 0 && ' + '}
              <span className={`swatch ${term.segment}`} aria-hidden="true" /> {term.word}{' '}
              {count(term.count)}
            </span>
          ))}
        <span className={tied ? 'whole' : 'whole wrong'}>
          {' '}
          {gap === 0 ? '=' : '≠'} {balance.whole.word} {count(balance.whole.count)}
        </span>
        {!tied && <strong className="wrong"> does not balance</strong>}
      </p>
    </div>
  );
}
