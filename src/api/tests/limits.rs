//! What is too much, or not what it should be: a clear error, and nothing stored.

use super::*;

#[tokio::test]
async fn each_limit_is_named_and_nothing_is_stored() {
    let bomb = {
        let mut text = "a: &a [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
        for (new, old) in ["b", "c", "d", "e", "f", "g", "h"]
            .iter()
            .zip(["a", "b", "c", "d", "e", "f", "g"])
        {
            text.push_str(&format!(
                "{new}: &{new} [{}]\n",
                vec![format!("*{old}"); 10].join(",")
            ));
        }
        text
    };
    let long = format!("{WEB}# {}\n", "x".repeat((1 << 20) + 1));
    let deep = format!("kind: {}x{}\n", "[".repeat(70), "]".repeat(70));
    for (body, code, words) in [
        (WEB.replace("web", "w\0b"), "NL0102", "NUL byte"),
        (long.replace("# ", "x: "), "NL0112", "1 MiB"),
        (deep, "NL0111", "64"),
        (bomb, "NL0110", "lias"),
        (format!("{WEB}kind: Service\n"), "NL0106", "twice"),
        (WEB.replace("dns", "dnss"), "NL0203", "dnss"),
    ] {
        let api = api().await;
        let path = "/v1/apply?allowDangling=true";
        let (status, answer) = ask(&api, Method::POST, path, "application/yaml", &body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{code}: {answer}");
        let errors = answer["errors"].as_array().unwrap();
        let error = errors.iter().find(|error| error["code"] == code);
        let error = error.unwrap_or_else(|| panic!("no {code} in {answer}"));
        assert!(error.to_string().contains(words), "{error}");
        let (_, stored) = get(&api, "/v1/revisions").await;
        assert_eq!(stored["revisions"], json!([]), "{code}");
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_by_its_size() {
    let api = api().await;
    let body = "#".repeat(crate::api::MAX_APPLY + 1);
    let (status, answer) = ask(&api, Method::POST, "/v1/apply", "application/yaml", &body).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer["detail"], "the body is larger than 64 MiB");
}

#[tokio::test]
async fn a_large_apply_is_read_beside_the_thread_that_answers_others() {
    let state = state(tokio::sync::watch::channel(false).1).await;
    let api = router(state.clone());
    let name = |n| format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: c{n}}}}}\n---\n");
    let many: String = (0..3_000).map(name).collect();
    let applied = ask(&api, Method::POST, "/v1/apply", "application/yaml", &many);
    let mut applied = std::pin::pin!(applied);
    // As far as it comes without waiting for anything: nothing is checked, so nothing is stored.
    let (begun, head) = tokio::select! {
        biased;
        answer = &mut applied => panic!("{answer:?}"),
        head = state.catalog.store().head() => (true, head.unwrap()),
    };
    assert!(begun && head.revision.0 == 0, "{head:?}");
    let (status, answer) = applied.await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(
        (
            &answer["revision"],
            answer["documents"].as_array().unwrap().len()
        ),
        (&json!(1), 3_000)
    );
}

#[tokio::test]
async fn the_schema_of_a_kind_is_found_by_any_of_its_names() {
    let api = api().await;
    for name in ["HTTPRoute", "httproute", "httproutes"] {
        let (status, schema) = get(&api, &format!("/v1/schema/{name}")).await;
        assert_eq!(
            (status, &schema["title"]),
            (StatusCode::OK, &json!("HTTPRoute"))
        );
    }
    let (status, answer) = get(&api, "/v1/schema/Pod").await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{answer}");
}
