//! The share of an act in the change budgets: reserved before policy decides, stored before the act is done.

use chrono::{DateTime, Utc};
use identity::Caller;
use policy::{Act, Budget, CountedChange, Prices, Reservation};
use store::{BudgetChangeRow, Store};

use crate::{Refusal, idempotency::caller_key};

/// The share of an act in the budgets. Released when this is dropped, unless it was committed.
pub(crate) struct BudgetReservation {
    reservation: Option<Reservation>,
    committed: bool,
}

/// Whether the acts of others include an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counting {
    /// They do, because the act may be performed.
    Reserved,
    /// They do not, because the act is only evaluated.
    Previewed,
}

impl BudgetReservation {
    /// No share: for an act that changes nothing or is denied anyway.
    pub(crate) fn none() -> Self {
        Self { reservation: None, committed: false }
    }

    /// Counts an act, if it changes something: also where no rule has a budget, because the next policy may have one.
    pub(crate) fn reserve(
        budget: &Budget,
        caller: &Caller,
        act: &Act,
        prices: &Prices,
        now: DateTime<Utc>,
        counting: Counting,
    ) -> Self {
        let reserve = || match counting {
            Counting::Reserved => budget.reserve(&caller_key(caller), act, prices, now),
            Counting::Previewed => budget.preview(&caller_key(caller), act, prices, now),
        };
        Self { reservation: act.effect.changes().then(reserve), committed: false }
    }

    pub(crate) fn reserved(&self) -> Option<&Reservation> {
        self.reservation.as_ref()
    }

    /// Stores the share, so that it counts after a restart too. The act is done next.
    pub(crate) async fn commit(&mut self, store: &Store, entry: &str) -> Result<(), Refusal> {
        if let Some(reserved) = &self.reservation {
            let CountedChange { caller, place, time, units, machines, cost } = reserved.change().clone();
            let row = BudgetChangeRow {
                entry: entry.to_owned(),
                caller,
                target: place,
                created_at: time.timestamp_micros(),
                units: units.try_into().unwrap_or(i64::MAX),
                machines: machines.try_into().unwrap_or(i64::MAX),
                cost: cost.try_into().unwrap_or(i64::MAX),
            };
            store.add_budget_change(&row, window_start(time)).await.map_err(Refusal::BudgetStore)?;
        }
        self.committed = true;
        Ok(())
    }

    /// Gives the committed share back, because the act has had no effect. A store that fails keeps it: it counts after the next start.
    pub(crate) async fn give_back(mut self, store: &Store, entry: &str) {
        if self.reservation.is_some() && self.committed {
            match store.remove_budget_change(entry).await {
                Ok(()) => self.committed = false,
                Err(error) => {
                    tracing::error!(%error, entry, "cannot give back the share of a failed act in the budgets");
                }
            }
        }
    }
}

impl Drop for BudgetReservation {
    fn drop(&mut self) {
        if let (Some(reserved), false) = (&self.reservation, self.committed) {
            reserved.release();
        }
    }
}

/// Restores the budgets from the store at start. The machine's clock decides, because the server's own has just begun. A server
/// that cannot restore them must not serve.
///
/// # Errors
/// [`store::Error`], where the store cannot be read or holds what this program would never have written.
pub async fn restore_budget(store: &Store) -> Result<Budget, store::Error> {
    let now = Utc::now();
    let changes = store.budget_changes_since(window_start(now)).await?.into_iter().map(|row| {
        let time = DateTime::from_timestamp_micros(row.created_at);
        let time = time.ok_or_else(|| store::Error::Unreadable { what: "change", id: row.entry.clone() })?;
        let (caller, place) = (row.caller, row.target);
        Ok(CountedChange {
            caller,
            place,
            time,
            units: row.units.try_into().unwrap_or(0),
            machines: row.machines.try_into().unwrap_or(0),
            cost: row.cost.try_into().unwrap_or(0),
        })
    });
    Ok(Budget::restore(changes.collect::<Result<Vec<_>, store::Error>>()?, now))
}

/// The start of the time in which acts count, in microseconds since 1970.
fn window_start(now: DateTime<Utc>) -> i64 {
    (now - Budget::MAX_PERIOD).timestamp_micros()
}
