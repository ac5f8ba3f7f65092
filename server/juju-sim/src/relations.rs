//! Which endpoints fit together, and the error where none or several do (`state/endpoint.go`).

use juju_wire::RemoteError;

use crate::state::{Model, RelationEndpoint, relation_key};

/// All endpoints of an application, remote ones included; every charm provides `juju-info`.
pub(crate) fn endpoints(model: &Model, name: &str) -> Result<Vec<RelationEndpoint>, RemoteError> {
    if let Some(remote) = model.remote_applications.get(name) {
        return Ok(remote.endpoints.clone());
    }
    let charm = &model.application(name)?.charm;
    let sides = charm.endpoints().filter(|(role, ..)| *role != "peer");
    let mut sides: Vec<_> =
        sides.map(|(role, endpoint, side)| RelationEndpoint::new(name, role, endpoint, side)).collect();
    sides.push(RelationEndpoint {
        application: name.to_owned(),
        name: "juju-info".to_owned(),
        role: "provider",
        interface: "juju-info".to_owned(),
        optional: false,
        limit: 0,
        scope: "global".to_owned(),
    });
    Ok(sides)
}

/// The two sides that are meant by `web:db` and `postgresql`.
pub(crate) fn pair(model: &Model, wanted: &[String]) -> Result<Vec<RelationEndpoint>, RemoteError> {
    let [first, second] = wanted else {
        let message = match wanted.len() {
            1 => "no relations found".to_owned(),
            count => format!("cannot relate {count} endpoints"),
        };
        return Err(RemoteError::plain(message));
    };
    let (ours, theirs) = (candidates(model, first)?, candidates(model, second)?);
    let mut fitting = Vec::new();
    for one in &ours {
        for other in &theirs {
            let roles = matches!((one.role, other.role), ("requirer", "provider") | ("provider", "requirer"));
            if roles && one.interface == other.interface && one.application != other.application {
                fitting.extend(together(model, one.clone(), other.clone()));
            }
        }
    }
    // `juju-info` fits everything, so it counts only where nothing else does
    let plain: Vec<_> = fitting.iter().filter(|sides| sides[0].interface != "juju-info").cloned().collect();
    let mut fitting = if plain.is_empty() { fitting } else { plain };
    match fitting.len() {
        1 => Ok(fitting.remove(0)),
        0 => Err(RemoteError::plain("no relations found")),
        _ => {
            let key = |sides: &Vec<RelationEndpoint>| format!("\"{}\"", relation_key(sides));
            let mut keys: Vec<_> = fitting.iter().map(key).collect();
            keys.sort();
            let (first, second) = (&wanted[0], &wanted[1]);
            Err(RemoteError::plain(format!(
                "ambiguous relation: \"{first} {second}\" could refer to {}",
                keys.join("; ")
            )))
        }
    }
}

/// Two sides as one relation: within one machine if one of them wants that, and then only beside a subordinate.
fn together(model: &Model, mut one: RelationEndpoint, mut other: RelationEndpoint) -> Option<Vec<RelationEndpoint>> {
    let subordinate = |side: &RelationEndpoint| {
        model.applications.get(&side.application).is_some_and(|found| found.charm.subordinate)
    };
    if [&one, &other].iter().any(|side| side.scope == "container") {
        if !subordinate(&one) && !subordinate(&other) {
            return None;
        }
        "container".clone_into(&mut one.scope);
        "container".clone_into(&mut other.scope);
    }
    Some(vec![one, other])
}

fn candidates(model: &Model, wanted: &str) -> Result<Vec<RelationEndpoint>, RemoteError> {
    let (application, endpoint) =
        wanted.split_once(':').map_or((wanted, None), |(name, endpoint)| (name, Some(endpoint)));
    let mut sides = endpoints(model, application)?;
    if let Some(endpoint) = endpoint {
        sides.retain(|side| side.name == endpoint);
        if sides.is_empty() {
            return Err(RemoteError::plain(format!("application \"{application}\" has no \"{endpoint}\" relation")));
        }
    }
    Ok(sides)
}

/// Relates two applications, and gives the sides.
pub(crate) fn add(model: &mut Model, wanted: &[String]) -> Result<Vec<RelationEndpoint>, RemoteError> {
    let sides = pair(model, wanted)?;
    if find(model, &sides).is_some() {
        let key = relation_key(&sides);
        let message = format!("cannot add relation \"{key}\": relation {key}");
        return Err(RemoteError::new(juju_wire::Code::AlreadyExists, message));
    }
    model.insert_relation(sides.clone());
    model.add_subordinates()?;
    Ok(sides)
}

/// The number of the relation between these sides.
pub(crate) fn find(model: &Model, sides: &[RelationEndpoint]) -> Option<i64> {
    let wanted = relation_key(sides);
    model.relations.values().find(|relation| relation.key() == wanted).map(|relation| relation.id)
}
