//! Callers of the integration tests: owners of static tokens, and people and programs of an identity provider.

use std::{collections::BTreeMap, net::IpAddr, path::Path, sync::Arc};

use futures::future::{BoxFuture, FutureExt as _};
use http_server::Authenticate;
use identity::{Authenticator, Caller, Claims, Presented, Token, Unauthenticated, oauth::Provider};

/// Static tokens: name, role, and owner if configured.
const TOKENS: [(&str, &str, Option<&str>); 8] = [
    ("viewer", "viewer", Some("owner of viewer")),
    ("operator", "operator", Some("owner of operator")),
    ("admin", "admin", Some("owner of admin")),
    ("other admin", "admin", Some("owner of other admin")),
    ("approver", "approver", Some("owner of approver")),
    ("other approver", "approver", Some("owner of other approver")),
    ("dora, admin", "admin", Some("dora@example.com")),
    ("dora, approver", "approver", Some("Dora@Example.com")),
];

/// An account of an identity provider.
struct Account {
    name: &'static str,
    subject: &'static str,
    email: Option<&'static str>,
    client: &'static str,
    scopes: &'static [&'static str],
}

const fn account(
    name: &'static str,
    subject: &'static str,
    email: Option<&'static str>,
    client: &'static str,
    scopes: &'static [&'static str],
) -> Account {
    Account { name, subject, email, client, scopes }
}

const REQUESTER_SCOPES: &[&str] = &["juju:read", "juju:write"];
const APPROVER_SCOPES: &[&str] = &["juju:read", "juju:approve"];
const ANA: Option<&str> = Some("ana@example.com");
const BEA: Option<&str> = Some("bea@example.com");
const DORA: Option<&str> = Some("dora@example.com");

/// All accounts except Carl's have the role `approver` by address or subject; the clients `assistant*` have `operator`.
const ACCOUNTS: [Account; 10] = [
    account("ana by assistant", "ana", ANA, "assistant", REQUESTER_SCOPES),
    account("ana by another assistant", "ana", ANA, "assistant-2", REQUESTER_SCOPES),
    account("ana's approving token by assistant", "ana", ANA, "assistant", APPROVER_SCOPES),
    account("ana by page", "ana", ANA, "page", APPROVER_SCOPES),
    account("ana's other account by page", "ana-2", Some("ANA@example.com"), "page", APPROVER_SCOPES),
    account("bea by page", "bea", BEA, "page", APPROVER_SCOPES),
    account("bea by assistant", "bea", BEA, "assistant", APPROVER_SCOPES),
    account("carl by page", "carl", Some("carl@example.com"), "page", APPROVER_SCOPES),
    account("robot", "robot", None, "robot", APPROVER_SCOPES),
    account("dora by page", "dora", DORA, "page", APPROVER_SCOPES),
];

/// The role bindings of these accounts.
pub const BINDINGS: &str = r#"[
    {"role": "operator", "subjects": ["client:assistant", "client:assistant-2"]},
    {"role": "approver", "subjects": ["user:ana@example.com", "user:bea@example.com", "user:dora@example.com", "subject:robot"]}
]"#;

/// Authenticates the tokens of all test callers.
pub(crate) struct TestCallers {
    tokens: Arc<Authenticator>,
    people: BTreeMap<String, Caller>,
}

impl TestCallers {
    /// All test callers and their tokens by name, plus a provider. The tokens are stored in the folder and survive a restart.
    pub(crate) fn new(folder: &Path, provider: Option<Provider>) -> (Self, BTreeMap<&'static str, Token>) {
        let (mut tokens, mut people) = (Authenticator::default(), BTreeMap::new());
        if let Some(provider) = provider {
            tokens.set_provider(provider);
        }
        let mut named = BTreeMap::new();
        for (name, role, owner) in TOKENS {
            let token = stored_token(&folder.join(format!("{name}.token")));
            tokens.add_owned_static_token(token.hash(), role, owner);
            named.insert(name, token);
        }
        for person in ACCOUNTS {
            let token = stored_token(&folder.join(format!("{}.token", person.name)));
            people.insert(format!("Bearer {}", token.reveal()), person.caller());
            named.insert(person.name, token);
        }
        (Self { tokens: Arc::new(tokens), people }, named)
    }

    /// The authenticator for static tokens and tokens of the provider.
    pub(crate) fn authenticator(&self) -> Arc<Authenticator> {
        Arc::clone(&self.tokens)
    }
}

impl Account {
    fn caller(&self) -> Caller {
        Caller::from_claims(Claims {
            issuer: "https://id.example".to_owned(),
            subject: self.subject.to_owned(),
            email: self.email.map(ToOwned::to_owned),
            client_id: Some(self.client.to_owned()),
            scopes: self.scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            ..Claims::default()
        })
    }
}

impl Authenticate for TestCallers {
    fn authenticate<'call>(
        &'call self,
        presented: Presented<'call>,
        peer: Option<IpAddr>,
    ) -> BoxFuture<'call, Result<Caller, Unauthenticated>> {
        let person = match presented {
            Presented::Header(header) => self.people.get(header).cloned(),
            _ => None,
        };
        match person {
            Some(person) => futures::future::ready(Ok(person)).boxed(),
            None => self.tokens.authenticate(presented, peer).boxed(),
        }
    }
}

fn stored_token(file: &Path) -> Token {
    if let Ok(text) = std::fs::read_to_string(file) {
        return Token::parse(&text).expect("a token");
    }
    let token = Token::generate().expect("randomness");
    std::fs::write(file, token.reveal()).expect("a token can be stored");
    token
}
