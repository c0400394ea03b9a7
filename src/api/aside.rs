//! Work that takes a processor for long, beside the threads that answer everyone.
//!
//! An apply of 64 MiB is read and checked for seconds; on a thread that answers, proxies' streams and
//! other requests would wait for it.

use axum::http::StatusCode;
use tokio::runtime::Handle;

use super::error::ApiError;

/// Does `work` on a thread of its own, in which it may wait for futures by the handle. It is done to
/// its end also when nobody waits for the answer any more.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce(&Handle) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let handle = Handle::current();
    match tokio::task::spawn_blocking(move || work(&handle)).await {
        Ok(result) => result,
        // It panicked, or the server is stopping.
        Err(error) => Err(ApiError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalError",
            format!("the request was not worked off: {error}"),
        )),
    }
}
