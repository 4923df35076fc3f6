//! How well the image's embedding model and the index of words find memories, over facts and questions
//! as a person asks them. The floors are a little below what was measured: who makes the search worse
//! notices here.

use serde_json::Value;
use std::{fs, path::Path};
use xtask::{artifacts::default_embedding, eval_memory};

/// What `llm-cli eval-memory --json` says about some cases.
fn evaluate(cases: &Path) -> Vec<Value> {
    let model = default_embedding().unwrap_or_else(|error| panic!("embedding: {error}"));
    let mut command =
        eval_memory::command(&model, cases).unwrap_or_else(|error| panic!("llm-cli: {error}"));
    let output = command.arg("--json").output().unwrap_or_else(|error| panic!("llm-cli: {error}"));
    let text = String::from_utf8_lossy(&output.stdout);
    println!("{text}");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
}

/// The shares of the questions of a group whose fact comes first and among the first three.
fn shares(lines: &[Value], group: &str, way: &str) -> (f64, f64) {
    let line = lines
        .iter()
        .find(|line| line["group"] == group && line["way"] == way)
        .unwrap_or_else(|| panic!("nothing about {group} by {way}"));
    let number = |name: &str| line[name].as_f64().unwrap_or_else(|| panic!("{name} in {line}"));
    (number("top1") / number("questions"), number("top3") / number("questions"))
}

#[test]
fn memories_are_found_by_meaning_and_words_together() {
    let lines = evaluate(&eval_memory::our_cases());
    for (group, top1, top3) in [
        ("all", 0.80, 0.90),
        ("own words", 0.98, 0.99),
        ("other words", 0.57, 0.79),
        ("name", 0.95, 0.98),
    ] {
        let found = shares(&lines, group, "fused");
        assert!(found.0 >= top1 && found.1 >= top3, "{group}: {found:?} of ({top1}, {top3})");
    }
    // Neither alone finds as many.
    let fused = shares(&lines, "all", "fused").0;
    for way in ["meaning", "words"] {
        let alone = shares(&lines, "all", way).0;
        assert!(alone < fused, "{way} {alone}, fused {fused}");
    }
    let threshold = |line: &&Value| line["way"] == "fused" && line["score"].is_number();
    let threshold = lines.iter().find(threshold).expect("there are questions without an answer");
    let mistakes = ["missed", "invented"].map(|name| threshold[name].as_f64().expect("a share"));
    assert!(mistakes.iter().sum::<f64>() / 2.0 <= 0.32, "{mistakes:?}");
}

#[test]
fn words_beside_meaning_find_no_less_than_the_reference() {
    let path = eval_memory::reference_cases();
    let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let fixture: Value = serde_json::from_slice(&bytes).expect("the fixture is JSON");
    let reference = |name: &str| fixture[name].as_f64().expect("the reference has its shares");
    let found = shares(&evaluate(&path), "all", "fused");
    assert!(found.0 >= reference("top1") && found.1 >= reference("top3"), "{found:?}");
}
