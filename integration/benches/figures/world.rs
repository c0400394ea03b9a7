//! Meshes of any size, as text. Each bench uses its part of it.
#![allow(dead_code)]

use std::fmt::Write;

/// `services` services named `s-0`, `s-1`, .. of namespace `default`, each with one HTTP port and
/// three written-down endpoints on loopback.
pub(crate) fn services(services: usize) -> String {
    let mut text = String::with_capacity(services * 320);
    for number in 0..services {
        service(&mut text, number, 0, None);
    }
    text
}

/// Service `number` alone, with its first endpoint moved `moves` ports on.
pub(crate) fn service_moved(number: usize, moves: u16) -> String {
    let mut text = String::new();
    service(&mut text, number, moves, None);
    text
}

/// Service `number` alone, with its first endpoint at `address`.
pub(crate) fn service_at(number: usize, address: &str) -> String {
    let mut text = String::new();
    service(&mut text, number, 0, Some(address));
    text
}

fn service(text: &mut String, number: usize, moves: u16, at: Option<&str>) {
    let (high, low) = (number / 250, number % 250 + 1);
    let first = 20_000 + moves;
    let address = at.map_or_else(|| format!("127.1.{high}.{low}"), str::to_owned);
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "---\napiVersion: netloft.dev/v1\nkind: Service\nmetadata: {{name: s-{number}}}\nspec:\n  ports: [{{port: \
         80, protocol: http}}]\n  endpoints:\n  - {{address: {address}, ports: {{\"80\": {first}}}}}\n  - \
         {{address: 127.2.{high}.{low}}}\n  - {{address: 127.3.{high}.{low}}}\n"
    );
}

/// A route on service `name` that answers every request with a redirect to `host`.
pub(crate) fn redirect(name: &str, host: &str) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: {name}}}\nspec:\n  parentRefs: \
         [{{group: \"\", kind: Service, name: {name}}}]\n  rules:\n  - name: moved\n    filters:\n    - type: \
         RequestRedirect\n      requestRedirect: {{hostname: {host}, statusCode: 302}}\n"
    )
}

/// A route on service `name` that adds a header with `value` to every answer.
pub(crate) fn header(name: &str, value: &str) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: {name}}}\nspec:\n  parentRefs: \
         [{{group: \"\", kind: Service, name: {name}}}]\n  rules:\n  - name: marked\n    filters:\n    - type: \
         ResponseHeaderModifier\n      responseHeaderModifier: {{set: [{{name: x-mark, value: {value}}}]}}\n    backendRefs: \
         [{{name: {name}, port: 80}}]\n"
    )
}
