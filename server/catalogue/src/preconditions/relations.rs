//! Whether two endpoints can be related, or are, as Juju infers it from what a caller names (`state/endpoint.go`).

use juju_wire::{
    Code,
    facade::client::status::{EndpointStatus, RelationStatus},
};

use super::{
    charms::{self, JUJU_INFO, no_relation},
    facts::Facts,
    unmet::{MAX_LISTED_NAMES, unmet},
};
use crate::{Failure, OfferUrl, ResolvedTarget, juju::offer::look_up::look_up};

/// One end of a relation as it could be.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Side {
    application: String,
    name: String,
    role: String,
    interface: String,
    container: bool,
    /// How many relations it takes at most; 0 means no limit.
    limit: i64,
    subordinate: bool,
}

/// Application and endpoint of `web:db`; the endpoint is absent in `web`.
fn split(text: &str) -> (&str, Option<&str>) {
    text.split_once(':').map_or((text, None), |(application, endpoint)| (application, Some(endpoint)))
}

/// Fails where the two cannot be related as they are named: no fit, several, one that exists, or one too many.
pub(super) async fn check_new(facts: &Facts, endpoints: &[String], target: &ResolvedTarget) -> Result<(), Failure> {
    let [first, second] = endpoints else { return Ok(()) };
    let (ours, theirs) = (candidates(facts, first, target).await?, candidates(facts, second, target).await?);
    let [one, other] = infer(&ours, &theirs, [first, second])?;
    let has_end = |relation: &RelationStatus, side: &Side| {
        relation.endpoints.iter().any(|end| end.application == side.application && end.name == side.name)
    };
    let is_this = |relation: &&RelationStatus| has_end(relation, one) && has_end(relation, other);
    if let Some(relation) = facts.status.relations.iter().find(is_this) {
        let message = format!("cannot add relation \"{0}\": relation {0}", relation.key);
        return Err(unmet(Code::AlreadyExists, message, "they are related: nothing is left to do".to_owned()));
    }
    for side in [one, other] {
        let count = facts.status.relations.iter().flat_map(|relation| &relation.endpoints);
        let count = count.filter(|end| end.application == side.application && end.name == side.name).count();
        if side.limit > 0 && i64::try_from(count).is_ok_and(|count| count >= side.limit) {
            let (application, name, limit) = (&side.application, &side.name, side.limit);
            let message = format!(
                "establishing a new relation for {application}:{name} would exceed its maximum relation limit of {limit}"
            );
            let remedy = "remove the other relation of the endpoint first".to_owned();
            return Err(unmet(Code::QuotaLimitExceeded, message, remedy));
        }
    }
    check_bases(facts, one, other)
}

/// Fails where a subordinate has another base than its principal.
fn check_bases(facts: &Facts, one: &Side, other: &Side) -> Result<(), Failure> {
    let contained = (one.container || other.container) && one.subordinate != other.subordinate;
    let bases = (facts.application(&one.application), facts.application(&other.application));
    let (true, (Some(first), Some(second))) = (contained, bases) else { return Ok(()) };
    if first.base.name == second.base.name && track(&first.base.channel) == track(&second.base.channel) {
        return Ok(());
    }
    let message = "principal and subordinate applications' bases must match";
    let remedy = format!(
        "{} is on {}@{}, {} on {}@{}",
        one.application, first.base.name, first.base.channel, other.application, second.base.name, second.base.channel
    );
    Err(unmet(Code::None, message, remedy))
}

fn track(channel: &str) -> &str {
    channel.split('/').next().unwrap_or(channel)
}

/// The sides that a caller can mean by `web`, `web:db` or the URL of an offer.
async fn candidates(facts: &Facts, text: &str, target: &ResolvedTarget) -> Result<Vec<Side>, Failure> {
    let (application, endpoint, all) = if OfferUrl::is_url(text) {
        let url = OfferUrl::parse("endpoints", text);
        let url = url.map_err(Failure::bad_argument)?;
        let (offer, _) = look_up(&url, target).await?;
        let sides = remote_sides(&offer.offer_name, &offer.endpoints);
        (offer.offer_name, url.endpoint, sides)
    } else {
        let (application, endpoint) = split(text);
        let sides = match facts.status.remote_applications.get(application) {
            Some(remote) => remote_sides(application, &remote.endpoints),
            None => local_sides(facts, application, target).await?,
        };
        (application.to_owned(), endpoint.map(str::to_owned), sides)
    };
    let Some(endpoint) = endpoint else { return Ok(all) };
    let named: Vec<_> = all.iter().filter(|side| side.name == endpoint).cloned().collect();
    if named.is_empty() {
        return Err(no_relation(&application, &endpoint, all.iter().map(|side| side.name.as_str())));
    }
    Ok(named)
}

fn remote_sides(application: &str, endpoints: &[juju_wire::facade::client::application::RemoteEndpoint]) -> Vec<Side> {
    let side = |endpoint: &juju_wire::facade::client::application::RemoteEndpoint| Side {
        application: application.to_owned(),
        name: endpoint.name.clone(),
        role: endpoint.role.clone(),
        interface: endpoint.interface.clone(),
        container: false,
        limit: endpoint.limit,
        subordinate: false,
    };
    endpoints.iter().map(side).collect()
}

async fn local_sides(facts: &Facts, application: &str, target: &ResolvedTarget) -> Result<Vec<Side>, Failure> {
    let meta = charms::read_meta(facts, application, target).await?;
    let side = |(name, endpoint): (String, juju_wire::facade::application::origin::CharmRelation)| Side {
        application: application.to_owned(),
        name,
        role: endpoint.role,
        interface: endpoint.interface,
        container: endpoint.scope == "container",
        limit: endpoint.limit,
        subordinate: meta.subordinate,
    };
    Ok(charms::endpoints(&meta).into_iter().map(side).collect())
}

/// The one pair that fits.
fn infer<'a>(ours: &'a [Side], theirs: &'a [Side], named: [&str; 2]) -> Result<[&'a Side; 2], Failure> {
    let mut fitting: Vec<[&Side; 2]> = Vec::new();
    for one in ours {
        fitting.extend(theirs.iter().filter(|other| fits(one, other)).map(|other| [one, other]));
    }
    // `juju-info` fits everything, so it counts only where nothing else does
    if fitting.iter().any(|[one, _]| one.interface != JUJU_INFO) {
        fitting.retain(|[one, _]| one.interface != JUJU_INFO);
    }
    match fitting.as_slice() {
        [only] => Ok(*only),
        [] => Err(unmet(Code::None, "no relations found", explain_misfit(ours, theirs))),
        several => {
            let mut keys: Vec<_> = several.iter().map(|sides| format!("\"{}\"", key(*sides))).collect();
            keys.sort();
            let message =
                format!("ambiguous relation: \"{} {}\" could refer to {}", named[0], named[1], keys.join("; "));
            Err(unmet(Code::None, message, "name the endpoints of one of them".to_owned()))
        }
    }
}

fn fits(one: &Side, other: &Side) -> bool {
    let roles = matches!((one.role.as_str(), other.role.as_str()), ("requirer", "provider") | ("provider", "requirer"));
    let contained = one.container || other.container;
    roles
        && one.interface == other.interface
        && one.application != other.application
        && (!contained || one.subordinate || other.subordinate)
}

/// The key of a relation, `web:db postgresql:db`: the requirer first.
fn key([one, other]: [&Side; 2]) -> String {
    let (first, second) = if one.role == "requirer" { (one, other) } else { (other, one) };
    format!("{}:{} {}:{}", first.application, first.name, second.application, second.name)
}

/// Why nothing fits: a peer, the same role, another interface, or what both sides have.
fn explain_misfit(ours: &[Side], theirs: &[Side]) -> String {
    let role = |side: &Side| match side.role.as_str() {
        "requirer" => "requires",
        "provider" => "provides",
        _ => "is the peer of its own units by",
    };
    let show = |side: &Side| format!("{}:{} {} {}", side.application, side.name, role(side), side.interface);
    if let ([one], [other]) = (ours, theirs) {
        return format!("{}, and {}; one side has to require what the other provides", show(one), show(other));
    }
    let named = |sides: &[Side]| {
        let sides = sides.iter().filter(|side| side.name != JUJU_INFO);
        sides.take(MAX_LISTED_NAMES).map(show).collect::<Vec<_>>()
    };
    let shown = [named(ours), named(theirs)].concat();
    format!("no endpoint of one requires what the other provides: {}", shown.join(", "))
}

/// Fails where no relation has these ends.
pub(super) fn check_existing(facts: &Facts, endpoints: &[String]) -> Result<(), Failure> {
    let [first, second] = endpoints else { return Ok(()) };
    let ends = |relation: &RelationStatus, text: &str| {
        let (application, endpoint) = split(text);
        let is = |end: &EndpointStatus| end.application == application && endpoint.is_none_or(|name| name == end.name);
        relation.endpoints.iter().any(is)
    };
    let relations = &facts.status.relations;
    let pairs = |relation: &&RelationStatus| {
        relation.endpoints.len() == 2 && ends(relation, first) && ends(relation, second) && first != second
    };
    match relations.iter().filter(pairs).collect::<Vec<_>>().as_slice() {
        [_] => Ok(()),
        [] => {
            let near: Vec<_> = relations
                .iter()
                .filter(|relation| [first, second].iter().any(|text| ends(relation, split(text).0)))
                .map(|relation| relation.key.as_str())
                .take(MAX_LISTED_NAMES)
                .collect();
            let remedy = match near.as_slice() {
                [] => "list relations with juju_status".to_owned(),
                keys => format!("relations of these applications: {}", keys.join(", ")),
            };
            Err(unmet(Code::NotFound, format!("relation matching \"{first} {second}\" not found"), remedy))
        }
        several => {
            let keys: Vec<_> = several.iter().map(|relation| format!("\"{}\"", relation.key)).collect();
            let message = format!("ambiguous relation: \"{first} {second}\" could refer to {}", keys.join("; "));
            Err(unmet(Code::None, message, "name the endpoints of one of them".to_owned()))
        }
    }
}

/// Fails where no relation has the number, or only the units of one application with each other.
pub(super) fn check_number(facts: &Facts, number: i64) -> Result<(), Failure> {
    let relations = &facts.status.relations;
    match relations.iter().find(|relation| relation.id == number) {
        Some(relation) if relation.endpoints.len() == 1 => {
            let remedy = "it ends with its application".to_owned();
            Err(unmet(Code::None, format!("relation {number} ({}) is a peer relation", relation.key), remedy))
        }
        Some(_) => Ok(()),
        None => {
            let shown = relations.iter().take(MAX_LISTED_NAMES);
            let shown: Vec<_> = shown.map(|relation| format!("{} ({})", relation.id, relation.key)).collect();
            let remedy = if shown.is_empty() {
                "the model has no relation".to_owned()
            } else {
                format!("relations: {}", shown.join(", "))
            };
            Err(unmet(Code::NotFound, format!("relation {number} not found"), remedy))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(application: &str, name: &str, role: &str, interface: &str) -> Side {
        Side {
            application: application.to_owned(),
            name: name.to_owned(),
            role: role.to_owned(),
            interface: interface.to_owned(),
            container: false,
            limit: 0,
            subordinate: false,
        }
    }

    fn info(application: &str) -> Side {
        side(application, JUJU_INFO, "provider", JUJU_INFO)
    }

    fn refusal(ours: &[Side], theirs: &[Side]) -> (String, String) {
        let failure = infer(ours, theirs, ["a", "b"]).expect_err("no pair");
        (failure.to_string(), failure.remedy().unwrap_or_default())
    }

    #[test]
    fn infer_finds_the_only_pair_with_opposite_roles_and_one_interface() {
        let web = [info("web"), side("web", "db", "requirer", "pgsql"), side("web", "site", "provider", "http")];
        let db = [info("db"), side("db", "server", "provider", "pgsql"), side("db", "peers", "peer", "pgsql")];
        let found = infer(&web, &db, ["web", "db"]).expect("one pair");
        assert_eq!(key(found), "web:db db:server");
    }

    #[test]
    fn infer_names_all_pairs_where_several_fit() {
        let web = [side("web", "db", "requirer", "pgsql"), side("web", "cache", "requirer", "redis")];
        let all = [side("all", "a", "provider", "pgsql"), side("all", "b", "provider", "redis")];
        let (message, _) = refusal(&web, &all);
        assert_eq!(message, "ambiguous relation: \"a b\" could refer to \"web:cache all:b\"; \"web:db all:a\"");
    }

    #[test]
    fn infer_explains_a_role_an_interface_or_a_peer_that_does_not_fit() {
        let provider = [side("web", "site", "provider", "http")];
        for (other, part) in [
            (side("lb", "site", "provider", "http"), "lb:site provides http"),
            (side("db", "server", "requirer", "pgsql"), "db:server requires pgsql"),
            (side("db", "peers", "peer", "http"), "db:peers is the peer of its own units"),
        ] {
            let (message, remedy) = refusal(&provider, &[other]);
            assert_eq!(message, "no relations found");
            assert!(remedy.contains(part) && remedy.contains("web:site provides http"), "{remedy}");
        }
    }

    #[test]
    fn infer_takes_juju_info_only_for_a_subordinate_where_it_is_contained() {
        let contained = Side { container: true, subordinate: true, ..side("ntp", "info", "requirer", JUJU_INFO) };
        assert!(infer(std::slice::from_ref(&contained), &[info("web")], ["ntp", "web"]).is_ok());
        let principal = Side { subordinate: false, ..contained };
        assert_eq!(refusal(&[principal], &[info("web")]).0, "no relations found");
    }
}
