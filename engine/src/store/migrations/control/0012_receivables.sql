-- What becomes of open accounts: which way the plan chose, and what stays behind by it or by the scope.
alter table handover.trial_balance_run
  add column receivables text not null default 'convert'
    check (receivables in ('convert', 'run-down', 'balance-forward'));

alter table handover.trial_balance
  add column stays numeric not null default 0;
