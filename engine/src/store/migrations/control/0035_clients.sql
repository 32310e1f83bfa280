-- Machines that prove themselves with a key of their own (SMART Backend Services), the tokens they were
-- given and the assertions that were taken once; keys of people's second factors (WebAuthn).
create table access.client (
  name text primary key check (name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
  keys jsonb,                               -- JWK Set (RFC 7517), public halves alone
  keys_url text,                            -- or where the client publishes it
  scopes text[] not null check (cardinality(scopes) > 0),
  created_by text not null,
  created_at timestamptz not null,
  revoked_at timestamptz,
  check ((keys is null) <> (keys_url is null))
);

create table access.client_token (
  digest bytea primary key,                 -- of the token, which nobody keeps but the client
  client text not null references access.client,
  scopes text[] not null check (cardinality(scopes) > 0),
  expires_at timestamptz not null
);
create index client_token_expires on access.client_token (expires_at);

create table access.client_assertion (
  digest bytea primary key,                 -- SHA-256 of client and jti
  expires_at timestamptz not null
);
create index client_assertion_expires on access.client_assertion (expires_at);

create table access.passkey (
  id bytea primary key,                     -- the credential id that the authenticator gave
  account text not null references access.account,
  label text not null,
  public_key bytea not null,                -- SubjectPublicKeyInfo, DER
  sign_count bigint not null,
  created_at timestamptz not null,
  used_at timestamptz,
  removed_at timestamptz
);
create index passkey_account on access.passkey (account) where removed_at is null;
