//! Who may call what, who is asked, and what is written down of it.

use super::{Bench, call};
use crate::{
    Approval, StopReason, ToolSource,
    testing::{FakeHost, Recorded, Script, ScriptedModel, block_on},
};
use alloc::{format, string::String, vec::Vec};
use llm_tools::{Registry, calendar::When, schedule::Moment};
use system_platform::pace::Unpaced;

const DENIED_BY_PERSON: &str = "fs.write is not allowed: the person said no";

/// A call that needs a right which an agent does not have by itself.
fn write(path: &str) -> String {
    call("write_file", &format!(r#"{{"path": "{path}", "text": "hello"}}"#))
}

/// An agent on a whole machine whose person gives these answers.
fn bench(replies: &[&str], approvals: &[Approval]) -> Bench {
    let host = FakeHost::complete();
    host.approvals.replace(approvals.into());
    let model = ScriptedModel::new(16_384, replies.iter().map(|reply| Script::from(*reply)));
    Bench::with_host(Some(model), host, Registry::built_in())
}

fn written(bench: &Bench, path: &str) -> Option<String> {
    bench.host.files.get().unwrap().text(path)
}

fn asked(events: &[Recorded]) -> usize {
    events.iter().filter(|event| matches!(event, Recorded::Asked(_))).count()
}

#[test]
fn a_call_without_its_grant_asks_and_runs_when_the_person_agrees() {
    let mut bench = bench(&[&write("a.txt"), "Done."], &[Approval::Once]);
    let events = bench.say("Write hello into a.txt");
    let arguments = r#"{"path":"a.txt","text":"hello"}"#;
    assert_eq!(
        events[1..],
        [
            Recorded::ToolCall("write_file".into(), arguments.into(), ToolSource::Model),
            Recorded::Asked("fs.write".into()),
            Recorded::Answered(Some(Approval::Once)),
            Recorded::ToolResult("write_file".into(), true, "wrote 6 B to a.txt".into()),
            Recorded::Reply("Done.".into(), 5, StopReason::EndOfTurn),
        ]
    );
    assert_eq!(written(&bench, "a.txt").as_deref(), Some("hello\n"));
    let questions = bench.host.questions.borrow();
    assert_eq!(questions.len(), 1);
    assert_eq!((questions[0].tool.as_str(), questions[0].is_tainted), ("write_file", false));
    assert_eq!(questions[0].arguments, arguments);
}

#[test]
fn each_answer_holds_for_as_long_as_it_says() {
    for (answer, runs, asks) in [
        (Approval::Once, true, 2),
        (Approval::Always, true, 1),
        (Approval::No, false, 2),
        (Approval::Never, false, 1),
    ] {
        let replies = [&*write("a.txt"), "Done.", &*write("b.txt"), "Done."];
        let mut bench = bench(&replies, &[answer]);
        let first = bench.say("Write hello into a.txt");
        let second = bench.say("Write hello into b.txt");
        assert_eq!(asked(&first) + asked(&second), asks, "{answer:?}");
        assert_eq!(bench.host.questions.borrow().len(), asks, "{answer:?}");
        for path in ["a.txt", "b.txt"] {
            assert_eq!(written(&bench, path).is_some(), runs, "{answer:?}");
        }
    }
}

#[test]
fn a_refused_call_is_told_to_the_model_which_goes_on() {
    let mut bench = bench(&[&write("a.txt"), "Then not."], &[Approval::No]);
    let events = bench.say("Write hello into a.txt");
    let refusal = format!("write_file: {DENIED_BY_PERSON}");
    assert!(events.contains(&Recorded::Error("tool".into(), refusal)), "{events:?}");
    assert_eq!(bench.told(), [format!("error: {DENIED_BY_PERSON}")]);
    let reply = Recorded::Reply("Then not.".into(), 9, StopReason::EndOfTurn);
    assert_eq!(events.last(), Some(&reply));
}

#[test]
fn nobody_answering_is_a_denial() {
    let mut bench = bench(&[&write("a.txt"), "Then not."], &[]);
    let events = bench.say("Write hello into a.txt");
    assert!(events.contains(&Recorded::Answered(None)), "{events:?}");
    assert_eq!(bench.told(), ["error: fs.write is not allowed: nobody is there to allow it"]);
    assert_eq!(written(&bench, "a.txt"), None);
}

#[test]
fn where_nobody_is_there_nobody_is_asked() {
    let mut bench = bench(&[&write("a.txt"), "Then not."], &[Approval::Always]);
    bench.agent.is_attended = false;
    let events = bench.say("Write hello into a.txt");
    assert_eq!(asked(&events), 0, "{events:?}");
    assert_eq!(bench.host.questions.borrow().len(), 0);
    assert_eq!(bench.told(), ["error: fs.write is not allowed: nobody is there to allow it"]);
    assert_eq!(written(&bench, "a.txt"), None);
}

#[test]
fn allow_and_deny_take_the_place_of_questions_and_ask_brings_them_back() {
    let replies =
        [&*write("a.txt"), "Done.", &*write("b.txt"), "Then not.", &*write("b.txt"), "Done."];
    let mut bench = bench(&replies, &[Approval::Once]);
    assert_eq!(bench.succeed("/allow fs.write"), "The agent may use fs.write.");
    assert_eq!(asked(&bench.say("Write hello into a.txt")), 0);
    assert!(written(&bench, "a.txt").is_some());
    assert!(bench.succeed("/grants").contains("\nallow  fs.write\n"));
    assert_eq!(bench.succeed("/deny fs.write"), "The agent may not use fs.write.");
    assert_eq!(asked(&bench.say("Write hello into b.txt")), 0);
    assert_eq!(written(&bench, "b.txt"), None);
    assert_eq!(bench.told()[1], "error: fs.write is not allowed: a rule forbids it (/grants)");
    let grants = bench.succeed("/grants");
    assert!(grants.contains("\ndeny   fs.write\n") && !grants.contains("allow  fs.write"));
    assert_eq!(bench.succeed("/ask fs.write"), "The agent asks before it uses fs.write.");
    assert_eq!(asked(&bench.say("Write hello into b.txt")), 1);
    assert!(written(&bench, "b.txt").is_some());
}

#[test]
fn a_grant_for_one_host_is_none_for_another() {
    let get = |host: &str| call("http_get", &format!(r#"{{"url": "http://{host}/"}}"#));
    let (one, other) = (get("example.org"), get("example.com"));
    let mut bench = bench(&[&one, "Done.", &other, "Then not."], &[]);
    bench.succeed("/allow net:example.org");
    bench.say("Get http://example.org/");
    bench.say("Get http://example.com/");
    assert_eq!(bench.host.network.get().unwrap().requests(), ["http://example.org/"]);
    let hosts: Vec<String> =
        bench.host.questions.borrow().iter().map(|it| format!("{}", it.capability)).collect();
    assert_eq!(hosts, ["net:example.com"]);
}

#[test]
fn an_unknown_capability_is_named_with_those_there_are() {
    let mut bench = Bench::new([]);
    for command in ["allow", "ask", "deny"] {
        let error = bench.fail(&format!("/{command} fs.wirte"));
        assert!(error.starts_with("there is no capability \"fs.wirte\"; there are "), "{error}");
        assert!(error.contains("fs.write, ") && error.ends_with("net:HOST and net:*"), "{error}");
        assert!(bench.fail(&format!("/{command}")).starts_with("usage: "));
    }
}

#[test]
fn a_call_by_hand_needs_no_grant() {
    let mut bench = bench(&[], &[Approval::Never]);
    bench.succeed("/deny fs.write");
    bench.succeed("/tool write_file {\"path\": \"a.txt\", \"text\": \"hello\"}");
    assert_eq!(written(&bench, "a.txt").as_deref(), Some("hello\n"));
    assert_eq!(bench.host.questions.borrow().len(), 0);
}

#[test]
fn every_call_is_in_the_audit_log_with_its_decision() {
    let wrong = call("calc", r#"{"expr": "6*"}"#);
    let right = call("calc", r#"{"expr": "6*7"}"#);
    let note = call("remember", r#"{"text": "the key is red"}"#);
    let replies = [&*write("a.txt"), &*wrong, &*right, &*note, "Done.", &*write("b.txt"), "No."];
    let mut bench = bench(&replies, &[Approval::Once, Approval::No]);
    bench.say("Do it all.");
    bench.say("Write hello into b.txt");
    bench.succeed("/tool calc 1+1");
    let records: Vec<(&str, Option<&str>, &str, bool)> = bench
        .agent
        .audit
        .records()
        .map(|it| (it.tool.as_str(), it.capability.as_deref(), it.decision.as_str(), it.ok))
        .collect();
    let refused = format!("refused: {DENIED_BY_PERSON}");
    assert_eq!(
        records,
        [
            ("write_file", Some("fs.write"), "approved", true),
            ("calc", None, "harmless", false),
            ("calc", None, "harmless", true),
            ("remember", Some("memory.write"), "granted", true),
            ("write_file", Some("fs.write"), &*refused, false),
            ("calc", None, "person", true),
        ]
    );
    assert_eq!(bench.agent.audit.verify(), Ok(6));
}

#[test]
fn calls_that_cannot_be_made_are_in_the_audit_log_too() {
    let replies = [&*call("math", "{}"), &*call("calc", r#"{"x": 1}"#), "I give up."];
    let mut bench = bench(&replies, &[]);
    bench.succeed("/set call_grammar 0");
    bench.say("What is 6*7?");
    let decisions: Vec<&str> =
        bench.agent.audit.records().map(|record| record.decision.as_str()).collect();
    assert_eq!(decisions.len(), 2);
    assert_eq!(decisions[0], "refused: there is no tool \"math\"");
    assert!(decisions[1].starts_with("refused: unknown argument \"x\""), "{}", decisions[1]);
}

#[test]
fn audit_shows_the_last_records_and_verifies_them() {
    let mut bench = bench(&[], &[]);
    for number in 0..25 {
        bench.succeed(&format!("/tool calc {number}+1"));
    }
    let lines = |text: &str| text.lines().filter(|line| !line.starts_with("```")).count();
    let shown = bench.succeed("/audit");
    assert_eq!(lines(&shown), 20);
    let last = shown.lines().rev().nth(1).unwrap();
    assert!(last.starts_with("  25 23:59:59 console calc {\"expr\":\"24+1\"} - person ok "));
    let shown = bench.succeed("/audit 3");
    assert_eq!(lines(&shown), 3);
    assert!(shown.contains("  23 ") && !shown.contains("  22 "), "{shown}");
    assert_eq!(lines(&bench.succeed("/audit 999")), 25);
    assert_eq!(bench.fail("/audit all"), "\"all\" is not a number");
    let verified = bench.succeed("/audit verify");
    let head = bench.agent.audit.head();
    assert_eq!(verified, format!("25 records, unchanged; the last hash is {head}"));
}

#[test]
fn a_tool_whose_part_of_the_system_is_missing_says_so() {
    for (line, part) in [
        ("/tool list_files", "a disk with files"),
        ("/tool read_file a.txt", "a disk with files"),
        ("/tool http_get http://example.org/", "a network"),
        ("/tool draw bar chart of 1, 2, 3", "a canvas"),
        ("/tool run_code {\"language\": \"rhai\", \"code\": \"1\"}", "a sandbox for code"),
    ] {
        let mut bench = Bench::new([]);
        let expected = format!("this needs {part}, which this system does not have");
        assert_eq!(bench.fail(line), expected, "{line}");
    }
    // Nor is it described to the model; one that calls it all the same is told.
    let mut bench = Bench::new([&*call("read_file", r#"{"path": "a.txt"}"#), "A pity."]);
    bench.succeed("/set call_grammar 0");
    assert!(!bench.agent.described.iter().any(|tool| tool == "read_file"));
    bench.say("Open a.txt");
    let expected = "error: this needs a disk with files, which this system does not have";
    assert_eq!(bench.told(), [expected]);
}

#[test]
fn what_a_reminder_asks_for_is_done_as_if_nobody_were_there() {
    for is_attended in [true, false] {
        let replies = [&*write("a.txt"), "Then not.", &*write("b.txt"), "Done."];
        let mut bench = bench(&replies, &[Approval::Always]);
        bench.agent.is_attended = is_attended;
        let now = Moment::of(bench.host);
        let earlier = Moment { unix_s: now.unix_s.map(|unix_s| unix_s - 60), ..now };
        let when = When::In { seconds: 30 };
        bench.agent.schedule.add(when, "Write hello into a.txt", earlier).unwrap();
        block_on(bench.agent.wake(&Unpaced, &bench.recorder, &bench.cancel));
        let events = bench.recorder.take();
        let notice = Recorded::Notice("Reminder: Write hello into a.txt".into());
        assert_eq!(events[0], notice);
        assert_eq!(asked(&events), 0, "{events:?}");
        assert_eq!(written(&bench, "a.txt"), None);
        // Whoever was there before is there again.
        let events = bench.say("Write hello into b.txt");
        assert_eq!(asked(&events), usize::from(is_attended), "{events:?}");
        assert_eq!(written(&bench, "b.txt").is_some(), is_attended);
    }
}
