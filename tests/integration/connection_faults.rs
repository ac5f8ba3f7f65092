//! Faults of connections to a controller: no write is applied twice or reported wrongly, and reads recover when the fault ends.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use futures::{FutureExt as _, future::join_all};
use juju_client::{
    Connection, ControllerEndpoint, Controllers, ControllersReader, Credential, Error, KnownControllers, Settings,
};
use juju_sim::{Fault, Simulator};
use juju_wire::facade::{
    application::{AddUnits, unit::AddApplicationUnits},
    client::{FullStatus, status::StatusParams},
};
use tests::{Damage, FaultProxy, Numbers, side_by_side::simulator, wait_until};

/// Sequences of faults, each with a seed that a failure names.
const SEEDS: u64 = 4;
/// Steps of one sequence.
const STEPS: u32 = 16;

/// Faults end quickly, so that a sequence has many of them.
fn quick_settings() -> Settings {
    Settings {
        call_timeout: Duration::from_secs(3),
        connect_timeout: Duration::from_secs(2),
        busy_ping_interval: Duration::from_millis(100),
        ping_timeout: Duration::from_millis(400),
        reconnect_window: Duration::from_secs(1),
        initial_backoff: Duration::from_millis(10),
        max_backoff: Duration::from_millis(100),
        ..Settings::default()
    }
}

fn endpoint(simulator: &Simulator, proxy: &FaultProxy, password: Option<&str>) -> ControllerEndpoint {
    let account = simulator.accounts().into_iter().find(|account| account.user == "admin").expect("an administrator");
    let password = password.unwrap_or(&account.password).into();
    ControllerEndpoint {
        name: "faulty".to_owned(),
        uuid: Some(simulator.uuid()),
        addresses: vec![proxy.address.to_string()],
        ca_certificate: Some(simulator.ca_certificate().to_owned()),
        public_hostname: None,
        credential: Credential::Password { user: account.user, password },
    }
}

async fn model(controllers: &Controllers) -> Result<Arc<Connection>, Error> {
    controllers.controller(None)?.model("shop").await
}

fn added(simulator: &Simulator) -> u64 {
    simulator.writes().get("Application.AddUnits").copied().unwrap_or_default()
}

async fn add_unit(controllers: &Controllers) -> Result<(), Error> {
    let unit = AddApplicationUnits { application: "web".to_owned(), num_units: 1, ..AddApplicationUnits::default() };
    model(controllers).await?.call::<AddUnits>(unit).await.map(drop)
}

async fn read(controllers: &Controllers, application: &str) -> Result<Vec<String>, Error> {
    let patterns = vec![application.to_owned()];
    let status =
        model(controllers).await?.call::<FullStatus>(StatusParams { patterns, ..StatusParams::default() }).await?;
    Ok(status.applications.into_keys().collect())
}

/// Begins a fault, and returns how long it lasts.
async fn begin_fault(numbers: &mut Numbers, simulator: &Simulator, proxy: &FaultProxy) -> Duration {
    let damage = match numbers.below(8) {
        0 => Damage::Split(usize::try_from(numbers.below(40) + 1).expect("small")),
        1 => Damage::Delay(numbers.milliseconds(60)),
        2 => Damage::Silent,
        3 => Damage::OneWay,
        4 => Damage::Refuse,
        5 => {
            proxy.cut();
            Damage::None
        }
        6 => {
            simulator.inject(Fault::DropConnections).await.expect("injected");
            Damage::None
        }
        _ => Damage::None,
    };
    proxy.set(damage);
    numbers.milliseconds(900)
}

#[tokio::test]
async fn write_under_faults_is_applied_once_at_most_and_reported_truly() {
    for seed in 1..=SEEDS {
        let mut numbers = Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let simulator = simulator("shop").await;
        let proxy = FaultProxy::start(simulator.address()).await;
        let controllers = Controllers::new(vec![endpoint(&simulator, &proxy, None)], None, quick_settings());
        read(&controllers, "web").await.expect("no fault yet");
        let (mut done, mut unknown) = (0, 0);
        for step in 0..STEPS {
            let (before, pause) = (numbers.milliseconds(30), numbers.milliseconds(30));
            let writing = async {
                tokio::time::sleep(before).await;
                add_unit(&controllers).await
            };
            let faults = async {
                tokio::time::sleep(pause).await;
                let lasting = begin_fault(&mut numbers, &simulator, &proxy).await;
                tokio::time::sleep(lasting).await;
                proxy.set(Damage::None);
            };
            match tokio::join!(writing, faults).0 {
                Ok(()) => done += 1,
                Err(Error::UnknownOutcome { .. }) => unknown += 1,
                // nothing was sent
                Err(error) => assert!(error.remote().is_none(), "seed {seed}, step {step}: {error:?}"),
            }
        }
        // a request that the proxy still holds arrives before this read, or never
        wait_until("reads recover", async || read(&controllers, "web").await.map_err(|error| error.to_string())).await;
        let applied = added(&simulator);
        assert!(
            (done..=done + unknown).contains(&applied),
            "seed {seed}: {applied} applied, {done} reported as done, {unknown} as unknown"
        );
    }
}

#[tokio::test]
async fn each_read_gets_its_own_reply_through_small_pieces_and_delays() {
    let simulator = simulator("shop").await;
    let proxy = FaultProxy::start(simulator.address()).await;
    let settings = Settings { ping_timeout: Duration::from_mins(3), ..tests::long_timeouts() };
    let controllers = Controllers::new(vec![endpoint(&simulator, &proxy, None)], None, settings);
    for damage in [Damage::Split(1), Damage::Split(7), Damage::Split(1000), Damage::Delay(Duration::from_millis(20))] {
        proxy.set(damage);
        // another connection, so that the handshake is damaged too
        proxy.cut();
        let applications = ["web", "postgresql", "nothing-of-this-name"];
        let reads = (0..30).map(|number| applications[number % applications.len()]);
        let replies =
            join_all(reads.map(async |application| (application, read(&controllers, application).await))).await;
        for (application, reply) in replies {
            let names = reply.unwrap_or_else(|error| panic!("{damage:?}: {application}: {error}"));
            let is_own = if application.starts_with("nothing") { names.is_empty() } else { names == [application] };
            assert!(is_own, "{damage:?}: {application}: {names:?}");
        }
    }
}

#[tokio::test]
async fn half_open_connection_is_replaced_for_reads_and_unknown_for_writes() {
    let simulator = simulator("shop").await;
    let proxy = FaultProxy::start(simulator.address()).await;
    let controllers = Controllers::new(vec![endpoint(&simulator, &proxy, None)], None, quick_settings());
    read(&controllers, "web").await.expect("no fault yet");
    proxy.set(Damage::OneWay);
    let error = add_unit(&controllers).await.expect_err("no reply");
    assert!(matches!(error, Error::UnknownOutcome { .. }), "{error:?}");
    // the write has arrived, and stays the only one
    wait_until("the write arrives", async || match added(&simulator) {
        1 => Ok(()),
        other => Err(other.to_string()),
    })
    .await;
    proxy.set(Damage::None);
    proxy.cut();
    wait_until("reads recover", async || read(&controllers, "web").await.map_err(|error| error.to_string())).await;
    assert_eq!(added(&simulator), 1);
}

#[tokio::test]
async fn controller_that_restarts_is_used_again_by_all_waiting_calls() {
    let simulator = simulator("shop").await;
    let proxy = FaultProxy::start(simulator.address()).await;
    let settings = Settings { reconnect_window: Duration::from_mins(3), ..tests::long_timeouts() };
    let controllers = Controllers::new(vec![endpoint(&simulator, &proxy, None)], None, settings);
    read(&controllers, "web").await.expect("no fault yet");
    let restart = async {
        proxy.set(Damage::Refuse);
        tokio::time::sleep(Duration::from_millis(500)).await;
        proxy.set(Damage::None);
    };
    let reads = join_all((0..20).map(async |number| {
        tokio::time::sleep(Duration::from_millis(20 * number)).await;
        read(&controllers, "web").await
    }));
    let (replies, ()) = tokio::join!(reads, restart);
    for reply in replies {
        assert_eq!(reply.expect("waits for the restart"), ["web"]);
    }
}

#[tokio::test]
async fn rotated_password_is_used_as_soon_as_its_source_has_it() {
    for late in 0..3_u32 {
        let simulator = simulator("shop").await;
        let proxy = FaultProxy::start(simulator.address()).await;
        let (outdated, renewed) = (endpoint(&simulator, &proxy, Some("outdated")), endpoint(&simulator, &proxy, None));
        let reads = Arc::new(AtomicU32::new(0));
        let (source, old) = (Arc::clone(&reads), outdated.clone());
        let reader = ControllersReader::new(move || {
            // the source has the new password only at its later reads
            let has_it = source.fetch_add(1, Ordering::Relaxed) >= late;
            let endpoints = vec![if has_it { renewed.clone() } else { old.clone() }];
            std::future::ready(Ok(KnownControllers { endpoints, ..KnownControllers::default() })).boxed()
        });
        let controllers = Controllers::new(vec![outdated], None, tests::long_timeouts()).with_reader(reader);
        for attempt in 0..late {
            let error = model(&controllers).await.expect_err("the password is outdated");
            assert_eq!(error.code(), "login_refused", "{late}: attempt {attempt}: {error}");
        }
        assert_eq!(read(&controllers, "web").await.expect("logged in"), ["web"]);
        assert_eq!(reads.load(Ordering::Relaxed), late + 1);
    }
}
