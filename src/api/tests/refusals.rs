//! What the catalog refuses, told as every other error: with code, line and what to do. The line is
//! the document's: nothing of a Secret's text is kept beyond reading it.

use super::*;

const PAIR: &str = include_str!("../../check/testdata/errors/NL0320/good.yaml");

fn secret(data: &str) -> String {
    format!("# s\napiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\n{data}\n")
}

/// The only error that applying `second` after `first` has.
async fn refused(first: &str, second: &str) -> Value {
    let api = api().await;
    let path = "/v1/apply";
    let (status, answer) = ask(&api, Method::POST, path, "application/yaml", first).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let (status, answer) = ask(&api, Method::POST, path, "application/yaml", second).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
    let errors = answer["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{answer}");
    errors[0].clone()
}

#[tokio::test]
async fn each_has_its_code_the_documents_line_and_an_advice() {
    let seal = "data:\n  a: bmV0bG9mdDpzZWFsZWQ6MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA=";
    let cases = [
        (
            secret("immutable: true\nstringData: {a: x}"),
            secret("immutable: true\nstringData: {a: y}"),
            ("NL0421", json!(2), "another name"),
        ),
        (
            secret("stringData: {a: x}"),
            secret(seal),
            ("NL0422", json!(2), "read the document again"),
        ),
    ];
    for (first, second, (code, line, advice)) in cases {
        let error = refused(&first, &second).await;
        assert_eq!(
            (&error["code"], &error["line"]),
            (&json!(code), &line),
            "{error}"
        );
        let told = error["suggestion"].as_str().unwrap_or_default();
        assert!(told.contains(advice), "{error}");
    }
}

#[tokio::test]
async fn a_key_that_does_not_fit_the_stored_certificate_is_told_at_its_document() {
    let api = api().await;
    let apply =
        async |text: &str| ask(&api, Method::POST, "/v1/apply", "application/yaml", text).await;
    apply(PAIR).await;
    let (_, stored) = get(&api, "/api/v1/namespaces/default/secrets/shop").await;
    let seal = stored["data"]["tls.crt"].as_str().unwrap();
    let (head, own) = PAIR.split_once("stringData:").unwrap();
    let with =
        |key: &str| format!("{head}data: {{tls.crt: {seal}}}\nstringData:\n  tls.key: |{key}");
    let own = own.split_once("  tls.key: |").unwrap().1;
    let (status, answer) = apply(&with(own)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let other = include_str!("../../check/testdata/errors/NL0320/bad.yaml");
    let other = other.split_once("  tls.key: |").unwrap().1;
    let (status, answer) = apply(&with(other)).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
    let error = &answer["errors"][0];
    assert_eq!(
        (&error["code"], &error["line"]),
        (&json!("NL0320"), &json!(1)),
        "{error}"
    );
    assert!(!answer.to_string().contains("PRIVATE"), "{answer}");
}
