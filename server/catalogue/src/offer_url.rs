//! URLs of offers, `[controller:][owner/]model.offer[:endpoint]`.

use policy::{EntityKind, Location, Target, TargetEntity};

/// The offer that an act takes from another model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferUrl {
    /// The controller; absent where it is the act's own.
    pub controller: Option<String>,
    /// The owner of the model; absent where it is the owner of the act's own model.
    pub owner: Option<String>,
    /// The model.
    pub model: String,
    /// Name of the offer.
    pub offer: String,
    /// Its endpoint, where one is named.
    pub endpoint: Option<String>,
}

impl OfferUrl {
    /// Whether an argument is the URL of an offer and not the name of an application: only a URL has a dot.
    pub(crate) fn is_url(text: &str) -> bool {
        text.contains('.')
    }

    /// Parses a URL. It accepts less than Juju does, so that Juju cannot understand another model than policy does.
    ///
    /// # Errors
    /// One sentence, naming the argument.
    pub(crate) fn parse(argument: &str, text: &str) -> Result<Self, String> {
        let invalid = || format!("`{argument}` has to be like `admin/prod.database`, not: {text}");
        // the name of a controller may have dots, so a colon ends one exactly where an offer follows it (`maybeParseSource`)
        let (controller, rest) = match text.split_once(':') {
            Some((controller, rest)) if rest.contains('.') => (Some(controller), rest),
            _ => (None, text),
        };
        let (owner, rest) = match rest.split_once('/') {
            Some((owner, rest)) => (Some(owner), rest),
            None => (None, rest),
        };
        let (model, rest) = rest.split_once('.').ok_or_else(invalid)?;
        let (offer, endpoint) = match rest.split_once(':') {
            Some((offer, endpoint)) => (offer, Some(endpoint)),
            None => (rest, None),
        };
        let parts = [controller, owner, Some(model), Some(offer), endpoint];
        let plain =
            |part: &str| !part.is_empty() && !part.contains([':', '/', '\\']) && !part.contains(char::is_whitespace);
        let fits = parts.into_iter().flatten().all(plain) && !offer.contains('.');
        if !fits {
            return Err(invalid());
        }
        Ok(Self {
            controller: controller.map(ToOwned::to_owned),
            owner: owner.map(ToOwned::to_owned),
            model: model.to_owned(),
            offer: offer.to_owned(),
            endpoint: endpoint.map(ToOwned::to_owned),
        })
    }

    /// The URL as the offer's own controller knows it, `admin/prod.database`; `owner` is that of a model without one.
    pub(crate) fn local(&self, owner: &str) -> String {
        format!("{}/{}.{}", self.owner.as_deref().unwrap_or(owner), self.model, self.offer)
    }

    /// The offer as a target, seen from the location of the act that takes it.
    pub(crate) fn target_from(&self, act: &Location) -> Target {
        let controller = self.controller.as_deref().or(act.controller()).map(ToOwned::to_owned);
        let own = || act.model().and_then(|name| name.split_once('/')).map(|(owner, _)| owner);
        let model = match self.owner.as_deref().or_else(own) {
            Some(owner) => format!("{owner}/{}", self.model),
            None => self.model.clone(),
        };
        let location = Location::from_names(controller, Some(model));
        Target { location, entities: vec![TargetEntity::unresolved(EntityKind::Offer, &self.offer)] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offer_url_is_completed_from_the_location_of_its_act() {
        let act = Location::from_names(Some("eu".into()), Some("ana/shop".into()));
        for (text, location) in [
            ("us.database", "eu:ana/us"),
            ("bob/us.database", "eu:bob/us"),
            ("bob@domain.com/us.database:db", "eu:bob@domain.com/us"),
            ("prod:bob/us.database", "prod:bob/us"),
            ("prod:us.database:db", "prod:ana/us"),
            ("prod.example:bob/us.database", "prod.example:bob/us"),
            ("prod.example:us.database:db", "prod.example:ana/us"),
        ] {
            let target = OfferUrl::parse("offer", text).expect(text).target_from(&act);
            assert_eq!(target.location.to_string(), location, "{text}");
            assert_eq!(target.entities[0].name(), Some("database"), "{text}");
        }
    }

    #[test]
    fn offer_url_that_could_mean_two_models_is_refused() {
        for text in
            ["database", "us.", ".database", "/us.database", "a/b/us.database", "us.x.database", ":us.db", "u s.db"]
        {
            assert!(OfferUrl::parse("offer", text).is_err(), "{text}");
        }
    }
}
