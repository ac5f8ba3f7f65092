//! What acts take of the budgets: counted before they are judged, kept in the store before they are done.

use chrono::{DateTime, Utc};
use identity::Caller;
use policy::{Act, Budget, CountedChange, Reservation};
use store::{BudgetChangeRow, Store};

use crate::{Refusal, whose::whose};

/// What an act takes of the budgets. Given back when this is dropped, unless the act is done.
pub(crate) struct Spending(Option<Reservation>);

impl Spending {
    /// Nothing, for an act that changes nothing or is denied anyway.
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// Counts an act, if it changes something: also where no rule has a budget, because the next policy may have one.
    pub(crate) fn reserve(budget: &Budget, caller: &Caller, act: &Act, now: DateTime<Utc>) -> Self {
        Self(act.effect.changes().then(|| budget.reserve(&whose(caller), act, now)))
    }

    pub(crate) fn reserved(&self) -> Option<&Reservation> {
        self.0.as_ref()
    }

    /// The act is done next, so it counts, also after a restart.
    pub(crate) async fn keep(mut self, store: &Store, entry: &str) -> Result<(), Refusal> {
        if let Some(reserved) = &self.0 {
            let CountedChange { caller, place, time, units, machines } = reserved.change().clone();
            let row = BudgetChangeRow {
                entry: entry.to_owned(),
                caller,
                target: place,
                created_at: time.timestamp_micros(),
                units: units.try_into().unwrap_or(i64::MAX),
                machines: machines.try_into().unwrap_or(i64::MAX),
            };
            store.add_budget_change(&row, begin(time)).await.map_err(Refusal::BudgetLost)?;
        }
        self.0 = None;
        Ok(())
    }
}

impl Drop for Spending {
    fn drop(&mut self) {
        if let Some(reserved) = &self.0 {
            reserved.release();
        }
    }
}

/// What was spent of the budgets before this server was started. A server that does not know it must not begin to serve.
///
/// # Errors
/// [`store::Error`], where the store cannot be read or holds what this program would never have written.
pub async fn recall(store: &Store) -> Result<Budget, store::Error> {
    let now = Utc::now();
    let changes = store.budget_changes_since(begin(now)).await?.into_iter().map(|row| {
        let time = DateTime::from_timestamp_micros(row.created_at);
        let time = time.ok_or_else(|| store::Error::Unreadable { what: "change", id: row.entry.clone() })?;
        let (caller, place) = (row.caller, row.target);
        Ok(CountedChange {
            caller,
            place,
            time,
            units: row.units.try_into().unwrap_or(0),
            machines: row.machines.try_into().unwrap_or(0),
        })
    });
    Ok(Budget::restore(changes.collect::<Result<Vec<_>, store::Error>>()?, now))
}

/// Since when acts count at a moment, in microseconds since 1970.
fn begin(now: DateTime<Utc>) -> i64 {
    (now - Budget::MAX_PERIOD).timestamp_micros()
}
