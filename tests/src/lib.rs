//! Fixtures shared by the integration tests, the benchmarks and the fuzz targets.

pub mod approval_fixture;
pub mod browser;
pub mod callers;
pub mod eventually;
pub mod fault_proxy;
pub mod ledger;
pub mod login_tokens;
pub mod numbers;
mod observed_estate;
pub mod pages;
pub mod provider;
pub mod raw_http;
pub mod real_controller;
pub mod server_with_provider;
pub mod side_by_side;
pub mod stdio_client;
pub mod test_server;

pub use eventually::{TEST_TIMEOUT, long_timeouts, wait_until, with_growing_limit};
pub use fault_proxy::{Damage, FaultProxy};
pub use numbers::Numbers;
pub use observed_estate::{ObservedEstate, controllers_as, controllers_of};
pub use real_controller::RealController;
pub use server_with_provider::ServerWithProvider;
pub use side_by_side::SideBySide;
pub use stdio_client::StdioClient;
pub use test_server::TestServer;
