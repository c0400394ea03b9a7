//! Text in, diagnostics out.
use super::*;

#[test]
fn a_good_document_has_nothing_wrong() {
    let text = "apiVersion: netloft.dev/v1\nkind: Service\nmetadata: {name: orders, labels: {on: no}}\nspec:\n  ports: [{port: 8080, protocol: http}]\n  selector: {app: orders, version: 1.10}\n";
    let checked = documents(
        &[Source {
            file: Some("a.yaml"),
            text,
        }],
        "default",
    );
    assert_eq!(checked.diagnostics, []);
    assert_eq!(checked.documents.len(), 1);
}
