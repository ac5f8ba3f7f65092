//! The load client of the bench: repeats a request over keep-alive connections to any MCP server or to a controller.

mod direct;
mod figures;
mod in_process;
mod session;
mod writes;

use std::{path::PathBuf, time::Duration};

use clap::Parser;

use policy::Effect;

use crate::figures::Figures;

/// The request, the server and the duration.
#[derive(Debug, Clone, Parser)]
pub(crate) struct Job {
    /// URL of the MCP server.
    #[arg(long, required_unless_present_any = ["controller", "in_process", "ledger"])]
    pub(crate) url: Option<http::Uri>,
    /// `Name: value`, sent with each request; repeatable.
    #[arg(long)]
    pub(crate) header: Vec<String>,
    /// The JSON-RPC request to repeat, without its id.
    #[arg(long, default_value = r#"{"method":"tools/list","params":{}}"#)]
    pub(crate) message: String,
    /// Instead of an MCP server: JSON with `addresses`, `ca_cert`, `user`, `password` and `model` of a controller; requests the status.
    #[arg(long, conflicts_with = "url")]
    pub(crate) controller: Option<PathBuf>,
    /// Instead of a server: a call through identity, policy and ledger in this process.
    #[arg(long, conflicts_with_all = ["url", "controller"])]
    pub(crate) in_process: bool,
    /// Instead of a server: entries of a ledger in this folder.
    #[arg(long, conflicts_with_all = ["url", "controller", "in_process"])]
    pub(crate) ledger: Option<PathBuf>,
    /// With `--ledger`: writes instead of reads.
    #[arg(long, requires = "ledger")]
    pub(crate) changes: bool,
    /// Number of concurrent clients, each with its own connection.
    #[arg(long, default_value_t = 1)]
    pub(crate) clients: usize,
    /// Duration.
    #[arg(long, default_value_t = 5.0)]
    pub(crate) seconds: f64,
    /// File for one response.
    #[arg(long)]
    pub(crate) sample: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let job = Job::parse();
    let mut clients = tokio::task::JoinSet::new();
    let length = Duration::from_secs_f64(job.seconds);
    let ledger = match &job.ledger {
        Some(folder) => Some(tests::ledger::ledger(folder).await),
        None => None,
    };
    for _ in 0..job.clients {
        let (job, ledger) = (job.clone(), ledger.clone());
        clients.spawn(async move {
            if let Some(ledger) = ledger {
                let effect = if job.changes { Effect::Write } else { Effect::Read };
                writes::run(ledger, effect, length).await
            } else if job.in_process {
                in_process::run(length).await
            } else if job.controller.is_some() {
                direct::run(&job, length).await
            } else {
                session::run(&job, length).await
            }
        });
    }
    let mut all = Figures::default();
    while let Some(one) = clients.join_next().await {
        all.add(one??);
    }
    if let Some(file) = &job.sample {
        std::fs::write(file, &all.sample)?;
    }
    println!("{}", all.summary());
    Ok(())
}
