//! Callers of the journeys: holders of static tokens, and people and programs that an identity provider vouches for.

use std::{collections::BTreeMap, net::IpAddr, path::Path, sync::Arc};

use futures::future::{BoxFuture, FutureExt as _};
use http_server::Authenticate;
use identity::{Authenticator, Caller, Claims, Presented, Token, Unauthenticated, oauth::Provider};

/// Tokens by name, the roles of their holders, and who these are where the configuration says so.
const TOKENS: [(&str, &str, Option<&str>); 8] = [
    ("viewer", "viewer", None),
    ("operator", "operator", None),
    ("admin", "admin", None),
    ("other admin", "admin", None),
    ("approver", "approver", None),
    ("other approver", "approver", None),
    ("dora, admin", "admin", Some("dora@example.com")),
    ("dora, approver", "approver", Some("Dora@Example.com")),
];

/// Somebody at an identity provider.
struct Person {
    name: &'static str,
    subject: &'static str,
    email: Option<&'static str>,
    client: &'static str,
    scopes: &'static [&'static str],
}

const fn person(
    name: &'static str,
    subject: &'static str,
    email: Option<&'static str>,
    client: &'static str,
    scopes: &'static [&'static str],
) -> Person {
    Person { name, subject, email, client, scopes }
}

const ASKS: &[&str] = &["juju:read", "juju:write"];
const APPROVES: &[&str] = &["juju:read", "juju:approve"];
const ANA: Option<&str> = Some("ana@example.com");
const BEA: Option<&str> = Some("bea@example.com");
const DORA: Option<&str> = Some("dora@example.com");

/// All but Carl are bound to `approver` by their address or subject, and whoever comes by the assistant to `operator`.
const PEOPLE: [Person; 10] = [
    person("ana by assistant", "ana", ANA, "assistant", ASKS),
    person("ana by another assistant", "ana", ANA, "assistant-2", ASKS),
    person("ana's approving token by assistant", "ana", ANA, "assistant", APPROVES),
    person("ana by page", "ana", ANA, "page", APPROVES),
    person("ana's other account by page", "ana-2", Some("ANA@example.com"), "page", APPROVES),
    person("bea by page", "bea", BEA, "page", APPROVES),
    person("bea by assistant", "bea", BEA, "assistant", APPROVES),
    person("carl by page", "carl", Some("carl@example.com"), "page", APPROVES),
    person("robot", "robot", None, "robot", APPROVES),
    person("dora by page", "dora", DORA, "page", APPROVES),
];

/// Bindings of these people, as a configuration has them.
pub const BINDINGS: &str = r#"[
    {"role": "operator", "to": ["client:assistant", "client:assistant-2"]},
    {"role": "approver", "to": ["user:ana@example.com", "user:bea@example.com", "user:dora@example.com", "subject:robot"]}
]"#;

/// Who presents which token.
pub(crate) struct People {
    tokens: Arc<Authenticator>,
    people: BTreeMap<String, Caller>,
}

impl People {
    /// All of them beside those whom a provider knows, and their tokens by name. Tokens are kept in the folder, so that they outlive a server.
    pub(crate) fn known(folder: &Path, provider: Option<Provider>) -> (Self, BTreeMap<&'static str, Token>) {
        let (mut tokens, mut people) = (Authenticator::default(), BTreeMap::new());
        if let Some(provider) = provider {
            tokens.trust(provider);
        }
        let mut named = BTreeMap::new();
        for (name, role, holder) in TOKENS {
            let token = kept_token(&folder.join(format!("{name}.token")));
            tokens.accept_of(token.hash(), role, holder);
            named.insert(name, token);
        }
        for person in PEOPLE {
            let token = kept_token(&folder.join(format!("{}.token", person.name)));
            people.insert(format!("Bearer {}", token.reveal()), person.caller());
            named.insert(person.name, token);
        }
        (Self { tokens: Arc::new(tokens), people }, named)
    }

    /// Who holds a static token or one of the provider's.
    pub(crate) fn authenticator(&self) -> Arc<Authenticator> {
        Arc::clone(&self.tokens)
    }
}

impl Person {
    fn caller(&self) -> Caller {
        Caller::of_claims(Claims {
            issuer: "https://id.example".to_owned(),
            subject: self.subject.to_owned(),
            email: self.email.map(ToOwned::to_owned),
            client_id: Some(self.client.to_owned()),
            scopes: self.scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            ..Claims::default()
        })
    }
}

impl Authenticate for People {
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

fn kept_token(file: &Path) -> Token {
    if let Ok(text) = std::fs::read_to_string(file) {
        return Token::given(&text).expect("a token");
    }
    let token = Token::generate().expect("randomness");
    std::fs::write(file, token.reveal()).expect("a token can be kept");
    token
}
