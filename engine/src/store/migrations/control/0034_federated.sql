-- People whom an identity provider signs in (OpenID Connect): an account without a password here, known
-- by issuer and subject, and sessions that the provider can end by its own id of them.
alter table access.account
  drop constraint account_name_check,
  add constraint account_name_check check (name ~ '^[a-z0-9][a-z0-9._@-]{0,63}$'),
  alter column password drop not null,
  alter column totp drop not null,
  add column issuer text,
  add column subject text,                  -- none before the first sign-in of an account made ahead
  add constraint account_proof check ((issuer is null) = (password is not null)),
  add constraint account_factor check (issuer is not null or totp is not null),
  add constraint account_subject check (issuer is not null or subject is null),
  add constraint account_subject_once unique (issuer, subject);

alter table access.session add column provider_session text;
