//! The load client of the bench: the same requests, over kept-alive connections, to any MCP server, or to a controller itself.

mod direct;
mod figures;
mod path;
mod session;
mod writes;

use std::{path::PathBuf, time::Duration};

use clap::Parser;

use policy::Effect;

use crate::figures::Figures;

/// What to ask, of whom, and for how long.
#[derive(Debug, Clone, Parser)]
pub(crate) struct Job {
    /// Address of the MCP server.
    #[arg(long, required_unless_present_any = ["controller", "road", "ledger"])]
    pub(crate) url: Option<http::Uri>,
    /// `Name: value`, sent with each request; repeatable.
    #[arg(long)]
    pub(crate) header: Vec<String>,
    /// The JSON-RPC request to send again and again, without its id.
    #[arg(long, default_value = r#"{"method":"tools/list","params":{}}"#)]
    pub(crate) message: String,
    /// In place of an MCP server: JSON with `addresses`, `ca_cert`, `user`, `password` and `model`, whose status is asked for.
    #[arg(long, conflicts_with = "url")]
    pub(crate) controller: Option<PathBuf>,
    /// In place of a server: what identity, policy and ledger cost a call within one process.
    #[arg(long, conflicts_with_all = ["url", "controller"])]
    pub(crate) road: bool,
    /// In place of a server: what the ledger costs an act, kept in this folder.
    #[arg(long, conflicts_with_all = ["url", "controller", "road"])]
    pub(crate) ledger: Option<PathBuf>,
    /// With `--ledger`: acts that change something, in place of reads.
    #[arg(long, requires = "ledger")]
    pub(crate) changes: bool,
    /// How many ask at once, each on a connection of its own.
    #[arg(long, default_value_t = 1)]
    pub(crate) clients: usize,
    /// For how long.
    #[arg(long, default_value_t = 5.0)]
    pub(crate) seconds: f64,
    /// Where to write one answer.
    #[arg(long)]
    pub(crate) sample: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let job = Job::parse();
    let mut asking = tokio::task::JoinSet::new();
    let length = Duration::from_secs_f64(job.seconds);
    let ledger = match &job.ledger {
        Some(folder) => Some(tests::ledger::ledger(folder).await),
        None => None,
    };
    for _ in 0..job.clients {
        let (job, ledger) = (job.clone(), ledger.clone());
        asking.spawn(async move {
            if let Some(ledger) = ledger {
                let effect = if job.changes { Effect::Write } else { Effect::Read };
                writes::ask(ledger, effect, length).await
            } else if job.road {
                path::ask(length).await
            } else if job.controller.is_some() {
                direct::ask(&job, length).await
            } else {
                session::ask(&job, length).await
            }
        });
    }
    let mut all = Figures::default();
    while let Some(one) = asking.join_next().await {
        all.add(one??);
    }
    if let Some(file) = &job.sample {
        std::fs::write(file, &all.sample)?;
    }
    println!("{}", all.summary());
    Ok(())
}
