//! The live estate: it equals the controller's state after any change and interruption, and its events have no gap.

mod lines;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use estate::{
    EntityChange, EntityName, EstateSettings, EventReader, LiveEstate, ModelIdentity, ModelWatch, WatchCondition,
};
use juju_client::{Connection, ControllerEndpoint, Controllers, Credential, ReadOnlyControllers, Settings};
use juju_sim::{Fault, Simulator};
use juju_wire::{
    Tag,
    facade::{
        application::{
            AddRelation, AddUnits, DestroyRelation, DestroyUnit, Expose, Unexpose,
            destroy::{DestroyUnitParams, DestroyUnitsParams},
            expose::{ApplicationExpose, ApplicationUnexpose},
            relation::{AddRelationParams, DestroyRelationParams},
            unit::AddApplicationUnits,
        },
        client::{
            FullStatus,
            status::{FullStatusResult, StatusParams},
        },
        model_manager::{
            DestroyModels,
            lifecycle::{DestroyModelParams, DestroyModelsParams},
        },
    },
};
use serde_json::Value;
use tests::{Damage, FaultProxy, Numbers, RealController, side_by_side::simulator, wait_until};
use tokio::process::Command;

use lines::difference;

/// Changes at a real controller.
const REAL_CHANGES: u32 = 200;
/// Interruptions of the connection to a simulated controller, and changes during them.
const INTERRUPTIONS: u32 = 100;
const CHANGES: u32 = 10_000;
/// After this many interruptions the controller restarts.
const RESTART_EVERY: u32 = 25;
/// After this many interruptions the estate is compared with the controller.
const COMPARE_EVERY: u32 = 10;
/// Subscribers with different speeds.
const SUBSCRIBERS: u64 = 20;

/// An estate of one controller.
fn estate_of(controllers: &Controllers, idle_timeout: Duration) -> LiveEstate {
    let settings = EstateSettings { idle_timeout, ..EstateSettings::default() };
    LiveEstate::new(ReadOnlyControllers::new(controllers.clone()), "test", settings)
}

/// The names of a model.
async fn identity(controllers: &Controllers, model: &str) -> ModelIdentity {
    let controller = controllers.controller(None).expect("the only one");
    let entry = controller.find_model(model).await.expect("a model");
    ModelIdentity {
        controller: controller.name().into(),
        model: entry.full_name().into(),
        uuid: entry.uuid.as_str().into(),
    }
}

async fn watch(estate: &LiveEstate, controllers: &Controllers, model: &str) -> ModelWatch {
    let watch = estate.watch(identity(controllers, model).await).expect("below the limit");
    watch.ready().await.expect("the first state");
    watch
}

/// The controllers with the simulated one, at an address.
fn controllers_at(simulator: &Simulator, address: String, settings: Settings) -> Controllers {
    let account = simulator.accounts().into_iter().find(|account| account.user == "admin").expect("an administrator");
    let endpoint = ControllerEndpoint {
        name: "simulated".to_owned(),
        uuid: Some(simulator.uuid()),
        addresses: vec![address],
        ca_certificate: Some(simulator.ca_certificate().to_owned()),
        public_hostname: None,
        credential: Credential::Password { user: account.user, password: account.password.into() },
    };
    Controllers::new(vec![endpoint], None, settings)
}

fn controllers_of(simulator: &Simulator) -> Controllers {
    controllers_at(simulator, simulator.address().to_string(), tests::long_timeouts())
}

async fn model(controllers: &Controllers, name: &str) -> Arc<Connection> {
    controllers.controller(None).expect("the only one").model(name).await.expect("a model")
}

async fn status(connection: &Connection) -> FullStatusResult {
    connection.call::<FullStatus>(StatusParams::default()).await.expect("a status")
}

/// Waits until the estate equals the state of the controller, read while nothing changes.
async fn wait_until_equal(watch: &ModelWatch, connection: &Connection) {
    wait_until("the estate equals the status", async || {
        let status = status(connection).await;
        let differs = watch.read(|view| difference(view.graph, &status));
        if differs.is_empty() { Ok(()) } else { Err(differs) }
    })
    .await;
}

/// Which entities a reader of events knows; an event that does not fit is a gap or a repetition.
struct Tracker {
    reader: EventReader,
    present: BTreeSet<EntityName>,
    last: u64,
}

impl Tracker {
    fn start(watch: &ModelWatch) -> Self {
        let empty = estate::ModelGraph::default();
        let (added, reader) = watch.read_and_follow(|graph| empty.changes_to(graph));
        let present = added.into_iter().map(|(entity, _)| entity).collect();
        let last = reader.last_id().number;
        Self { reader, present, last }
    }

    /// Reads all events that are there, and returns them as text.
    fn read(&mut self) -> Vec<String> {
        let batch = self.reader.read(usize::MAX);
        assert_eq!(batch.missed, 0);
        for event in &batch.events {
            self.last += 1;
            assert_eq!(event.id.number, self.last, "ids have no gap");
            let known = self.present.contains(&event.entity);
            match &event.change {
                EntityChange::Added {} => assert!(self.present.insert(event.entity.clone()), "{event:?}"),
                EntityChange::Removed {} => assert!(self.present.remove(&event.entity), "{event:?}"),
                change => assert!(known || change.is_about_watching(), "{event:?}"),
            }
        }
        batch.events.iter().map(|event| format!("{} {}", event.kind(), event.entity)).collect()
    }

    /// Checks that the entities which the events have left are those of the graph.
    fn assert_complete(&mut self, watch: &ModelWatch) {
        let (entities, events) = watch.read_and_follow(|graph| estate::ModelGraph::default().changes_to(graph));
        self.read();
        assert_eq!(self.last, events.last_id().number, "nothing changes during this check");
        let entities: BTreeSet<_> = entities.into_iter().map(|(entity, _)| entity).collect();
        assert_eq!(self.present, entities);
    }
}

/// One random change of the simulated shop.
async fn change_shop(numbers: &mut Numbers, simulator: &Simulator, controllers: &Controllers) {
    let connection = model(controllers, "shop").await;
    let application = ["web", "cart", "mailer"][numbers.index(3)].to_owned();
    let unit = format!("{application}/0");
    // a refusal, for example of a relation that exists, changes nothing
    match numbers.below(9) {
        0 => drop(connection.call::<Expose>(ApplicationExpose { application, ..ApplicationExpose::default() }).await),
        1 => {
            drop(
                connection
                    .call::<Unexpose>(ApplicationUnexpose { application, ..ApplicationUnexpose::default() })
                    .await,
            );
        }
        // few, so that the model stays small
        2 if numbers.below(20) == 0 => {
            let units = AddApplicationUnits { application, num_units: 1, ..AddApplicationUnits::default() };
            drop(connection.call::<AddUnits>(units).await);
        }
        3 => {
            let unit_tag = Tag::new("unit", format!("{application}/{}", numbers.below(6))).to_string();
            let units = vec![DestroyUnitParams { unit_tag, ..DestroyUnitParams::default() }];
            drop(connection.call::<DestroyUnit>(DestroyUnitsParams { units }).await);
        }
        4 => {
            let endpoints = vec!["web:cart".to_owned(), "cart:api".to_owned()];
            let relation = DestroyRelationParams { endpoints, ..DestroyRelationParams::default() };
            drop(connection.call::<DestroyRelation>(relation).await);
        }
        5 => {
            let endpoints = vec!["web:cart".to_owned(), "cart:api".to_owned()];
            drop(connection.call::<AddRelation>(AddRelationParams { endpoints, ..AddRelationParams::default() }).await);
        }
        2 | 6 => drop(simulator.inject(Fault::Block(unit, format!("needs {}", numbers.below(9)))).await),
        7 => drop(simulator.inject(Fault::HookError(unit)).await),
        _ => drop(simulator.inject(Fault::Clear).await),
    }
}

#[tokio::test]
async fn changes_arrive_in_order_and_the_estate_equals_the_status() {
    let simulator = simulator("shop").await;
    let controllers = controllers_of(&simulator);
    let estate = estate_of(&controllers, Duration::from_mins(1));
    let watch = watch(&estate, &controllers, "shop").await;
    let connection = model(&controllers, "shop").await;
    wait_until_equal(&watch, &connection).await;
    let mut tracker = Tracker::start(&watch);
    let mut numbers = Numbers(7);
    for _ in 0..200 {
        change_shop(&mut numbers, &simulator, &controllers).await;
        tracker.read();
    }
    simulator.inject(Fault::HookError("payment/0".to_owned())).await.expect("injected");
    let mut seen = Vec::new();
    wait_until("the failed hook", async || {
        seen.extend(tracker.read());
        seen.iter().any(|event| event == "unit_hook_failed payment/0").then_some(()).ok_or_else(|| seen.join("\n"))
    })
    .await;
    wait_until_equal(&watch, &connection).await;
    tracker.assert_complete(&watch);
}

/// The last state that a subscriber has read, and the number of the last event that it has received.
type LastSeen = Arc<Mutex<(Value, u64)>>;

/// A subscriber: after each notice it reads the state, at its own pace.
fn subscribe(watch: ModelWatch, mut numbers: Numbers) -> LastSeen {
    let ((), mut events) = watch.read_and_follow(|_| ());
    let mut last = events.last_id().number;
    let seen = LastSeen::default();
    let latest = Arc::downgrade(&seen);
    tokio::spawn(async move {
        loop {
            let document = watch.read(|view| without_time(view.status()));
            let Some(latest) = latest.upgrade() else { return };
            *latest.lock().expect("no panic") = (document, last);
            let batch = events.next_batch(1 + numbers.index(500)).await;
            last += batch.missed;
            for event in &batch.events {
                last += 1;
                assert_eq!(event.id.number, last, "each event arrives once and in order, or is counted");
            }
            tokio::time::sleep(numbers.milliseconds(40)).await;
        }
    });
    seen
}

/// A document without times: those differ from read to read, and a status that only has another time is no event.
fn without_time(document: Value) -> Value {
    match document {
        Value::Object(members) => {
            let rest =
                members.into_iter().filter(|(name, _)| !matches!(name.as_str(), "as_of" | "last_event" | "since"));
            rest.map(|(name, value)| (name, without_time(value))).collect()
        }
        other => other,
    }
}

/// Damages the connection between the estate and the controller in one of the ways that a network or a restart does.
async fn damage(numbers: &mut Numbers, proxy: &FaultProxy, simulator: &Simulator) {
    match numbers.below(12) {
        0 | 1 => proxy.set(Damage::Split(usize::try_from(1 + numbers.below(40)).expect("small"))),
        2 | 3 => proxy.set(Damage::Delay(numbers.milliseconds(30))),
        4 | 5 => proxy.set(Damage::OneWay),
        6 | 7 => proxy.set(Damage::Refuse),
        8 => simulator.inject(Fault::DropConnections).await.expect("dropped"),
        _ => proxy.cut(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn estate_equals_the_controller_after_each_of_many_interruptions() {
    let simulator = simulator("shop").await;
    let direct = controllers_of(&simulator);
    let proxy = FaultProxy::start(simulator.address()).await;
    let settings = Settings {
        connect_timeout: Duration::from_secs(5),
        busy_ping_interval: Duration::from_millis(100),
        ping_timeout: Duration::from_millis(500),
        initial_backoff: Duration::from_millis(5),
        max_backoff: Duration::from_millis(20),
        ..Settings::default()
    };
    let watched = controllers_at(&simulator, proxy.address.to_string(), settings);
    let estate = estate_of(&watched, Duration::from_mins(1));
    let watch = watch(&estate, &watched, "shop").await;
    let (mut tracker, mut numbers) = (Tracker::start(&watch), Numbers(0x5EED));
    let subscribers: Vec<_> = (1..=SUBSCRIBERS)
        .map(|seed| {
            let own = estate.watched(&watch.identity().controller, &watch.identity().uuid).expect("watched");
            subscribe(own, Numbers(seed))
        })
        .collect();
    for round in 0..INTERRUPTIONS {
        damage(&mut numbers, &proxy, &simulator).await;
        if round % RESTART_EVERY == RESTART_EVERY - 1 {
            simulator.inject(Fault::RestartController).await.expect("restarted");
        }
        for _ in 0..CHANGES / INTERRUPTIONS {
            change_shop(&mut numbers, &simulator, &direct).await;
        }
        tracker.read();
        tokio::time::sleep(numbers.milliseconds(60)).await;
        proxy.set(Damage::None);
        if round % COMPARE_EVERY == 0 {
            wait_until_equal(&watch, &*model(&direct, "shop").await).await;
        }
    }
    wait_until_equal(&watch, &*model(&direct, "shop").await).await;
    assert!(matches!(watch.condition(), WatchCondition::Live), "{:?}", watch.condition());
    // the simulated agents go on for minutes: without a connection the estate stays at the state that it has
    proxy.set(Damage::Refuse);
    wait_until("the watch is interrupted", async || match watch.condition() {
        WatchCondition::Interrupted { .. } => Ok(()),
        condition => Err(format!("{condition:?}")),
    })
    .await;
    tracker.assert_complete(&watch);
    wait_until("each subscriber has read the last state after its last notice", async || {
        let end = watch.read(|view| (without_time(view.status()), view.last_event.number));
        let behind = subscribers.iter().filter(|seen| *seen.lock().expect("no panic") != end).count();
        if behind == 0 { Ok(()) } else { Err(format!("{behind} subscribers are behind event {}", end.1)) }
    })
    .await;
}

#[tokio::test]
async fn watcher_starts_when_it_is_needed_and_stops_after_the_idle_time() {
    let simulator = simulator("shop").await;
    let controllers = controllers_of(&simulator);
    let estate = estate_of(&controllers, Duration::from_millis(200));
    assert_eq!(simulator.watchers(), (0, 0), "an estate that nothing needs watches nothing");
    let (first, second) = (watch(&estate, &controllers, "shop").await, watch(&estate, &controllers, "shop").await);
    assert_eq!(simulator.watchers(), (1, 1), "all handles of a model share one watcher");
    let other = watch(&estate, &controllers, "controller").await;
    drop((first, other));
    wait_until("the idle time has passed", async || match &estate.watched_models()[..] {
        [only] if &*only.model == "admin/shop" && simulator.watchers().0 == 1 => Ok(()),
        models => Err(format!("{models:?}")),
    })
    .await;
    let mut events = estate.events().reader();
    drop(second);
    wait_until("the watcher stops", async || {
        let (open, _) = simulator.watchers();
        if open == 0 && estate.watched_models().is_empty() { Ok(()) } else { Err(format!("{open} open")) }
    })
    .await;
    let batch = events.next_batch(10).await;
    assert_eq!(batch.events.last().map(|event| event.kind()), Some("watch_ended".to_owned()));
    watch(&estate, &controllers, "shop").await;
    assert_eq!(simulator.watchers().1, 3, "a later handle starts another watcher");
    assert_eq!(simulator.writes(), BTreeMap::new(), "the estate only reads");
}

#[tokio::test]
async fn destroyed_model_ends_its_watch_with_a_removal() {
    let simulator = simulator("shop").await;
    let controllers = controllers_of(&simulator);
    let estate = estate_of(&controllers, Duration::from_mins(1));
    let watch = watch(&estate, &controllers, "shop").await;
    let mut events = estate.events().reader();
    let model_tag = Tag::new("model", &*watch.identity().uuid).to_string();
    let models = vec![DestroyModelParams { model_tag, ..DestroyModelParams::default() }];
    let connection = controllers.controller(None).expect("the only one").connection().await.expect("open");
    connection.call::<DestroyModels>(DestroyModelsParams { models }).await.expect("destroyed");
    let mut kinds = Vec::new();
    wait_until("the watch ends", async || {
        kinds.extend(events.read(usize::MAX).events.iter().map(|event| event.kind()));
        if matches!(watch.condition(), WatchCondition::Ended { .. }) { Ok(()) } else { Err(kinds.join(" ")) }
    })
    .await;
    kinds.extend(events.read(usize::MAX).events.iter().map(|event| event.kind()));
    assert_eq!(kinds[kinds.len() - 2..], ["model_removed", "watch_ended"], "{kinds:?}");
    watch.ready().await.expect_err("a model that is gone is never ready");
    assert!(estate.watched_models().is_empty());
}

/// One random change of the real model `prod`, half of them by the real `juju` client.
async fn change_prod(numbers: &mut Numbers, real: &mut RealController, number: u32) {
    let (application, unit) = (["web", "db"][numbers.index(2)], ["web/0", "web/1", "db/0", "db/1"][numbers.index(4)]);
    match numbers.below(10) {
        0 => juju(real, &["expose", application]).await,
        1 => juju(real, &["unexpose", application]).await,
        2 => juju(real, &["add-unit", "web"]).await,
        3 => juju(real, &["set-constraints", application, &format!("mem={number}M")]).await,
        4 => juju(real, &["remove-relation", "web", "cache"]).await,
        5 => juju(real, &["integrate", "web", "cache"]).await,
        6 => drop(real.command(&format!("agent {unit} executing change {number}")).await),
        7 => drop(real.command(&format!("machine 1 started change {number}")).await),
        _ => drop(
            real.command(&format!("unit {unit} {} change {number}", ["active", "blocked"][numbers.index(2)])).await,
        ),
    }
}

/// Runs the real client; what the controller refuses changes nothing.
async fn juju(real: &RealController, words: &[&str]) {
    let juju = tests::real_controller::programs().expect("a real controller").join("juju");
    let output = Command::new(juju).args(words).env("JUJU_DATA", &real.ready.juju_data).output().await;
    output.expect("the client can be started");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn estate_equals_the_status_of_a_real_controller_after_200_changes() {
    let mut real = RealController::start().await;
    let controllers = real.controllers("admin");
    let estate = estate_of(&controllers, Duration::from_mins(1));
    let watch = watch(&estate, &controllers, "prod").await;
    let connection = model(&controllers, "prod").await;
    let (mut tracker, mut numbers) = (Tracker::start(&watch), Numbers(0x0DD5));
    let mut events = estate.events().reader();
    for number in 0..REAL_CHANGES {
        change_prod(&mut numbers, &mut real, number).await;
        tracker.read();
    }
    wait_until_equal(&watch, &connection).await;
    tracker.assert_complete(&watch);
    // the numbers in the messages only grow: no event came out of order
    let mut last = BTreeMap::new();
    for event in events.read(usize::MAX).events {
        let (EntityChange::Status(transition) | EntityChange::AgentStatus(transition)) = &event.change else {
            continue;
        };
        let Some(number) = transition.message.strip_prefix("change ").and_then(|text| text.parse::<u32>().ok()) else {
            continue;
        };
        let kind = matches!(event.change, EntityChange::Status(_));
        let before = last.insert((event.entity.clone(), kind), number);
        assert!(before <= Some(number), "{before:?} before {event:?}");
    }
    assert!(last.len() >= 4, "{last:?}");
    let change = Instant::now();
    let mut events = estate.events().reader();
    real.command("unit web/0 blocked the last change").await;
    loop {
        let batch = events.next_batch(100).await;
        let arrived = |event: &estate::EstateEvent| match &event.change {
            EntityChange::Status(transition) => &*transition.message == "the last change",
            _ => false,
        };
        if batch.events.iter().any(|event| arrived(event)) {
            break;
        }
    }
    println!("a change reached the estate after {:?}", change.elapsed());
}
