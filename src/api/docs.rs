//! `/v1/docs`: the OpenAPI document as a page, of our own making: nothing is fetched from elsewhere,
//! and the content security policy holds the browser to that.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

use super::{
    error::ApiError,
    extract::{Nothing, Path, Query},
};

/// Scripts, styles and data are this server's own; nobody frames the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PAGE: &str = include_str!("docs/page.html");

/// Name, media type, text.
const FILES: [(&str, &str, &str); 2] = [
    (
        "page.js",
        "text/javascript; charset=utf-8",
        include_str!("docs/page.js"),
    ),
    (
        "page.css",
        "text/css; charset=utf-8",
        include_str!("docs/page.css"),
    ),
];

/// `GET /v1/docs`.
pub(super) async fn page(Query(Nothing {}): Query<Nothing>) -> Result<Response, ApiError> {
    Ok(served("text/html; charset=utf-8", PAGE))
}

/// `GET /v1/docs/{file}`.
pub(super) async fn file(
    Path(asked): Path<String>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Response, ApiError> {
    let found = FILES.iter().find(|(name, ..)| *name == asked);
    let (_, media, text) =
        found.ok_or_else(|| ApiError::not_found(format!("the page has no {asked:?}")))?;
    Ok(served(media, text))
}

fn served(media: &'static str, text: &'static str) -> Response {
    let mut response = ([(header::CONTENT_TYPE, media)], text).into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
