//! The terminals that follow pages, held against a page of their own.

use netloft_integration::{readme, terminal::Terminals};

const PAGE: &str = r#"
```console
$ export GREETING=hello
$ echo "$GREETING world"; printf 'no line end'
hello world
no line end
$ false
[1]
$ ls /no/such
...No such file...
[2]
```
```console runs
$ sh -c 'echo PLACE is open; exec sleep 100'
PLACE is open
```
"#;

#[tokio::test]
async fn a_page_that_tells_the_truth_is_followed_to_its_end() {
    let mut terminals = Terminals::open(&[], &[("PLACE", "the shop")]);
    for step in readme::steps(PAGE) {
        terminals.type_in(&step).await;
    }
}

#[tokio::test]
#[should_panic(expected = "the page shows")]
async fn a_page_that_shows_another_output_fails() {
    let mut terminals = Terminals::open(&[], &[]);
    for step in readme::steps("```console\n$ echo a\nb\n```") {
        terminals.type_in(&step).await;
    }
}

#[tokio::test]
#[should_panic(expected = "the page shows")]
async fn a_page_that_hides_a_failure_fails() {
    let mut terminals = Terminals::open(&[], &[]);
    for step in readme::steps("```console\n$ false\n```") {
        terminals.type_in(&step).await;
    }
}
