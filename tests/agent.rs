//! The agent on the booted system with the real model: a turn with a tool call, what is computed
//! twice (nothing), stopping, key presses meanwhile, every command and every tool.

use serde_json::Value;
use std::time::Duration;
use tests::system::{MODEL_TIMEOUT, PROMPT_TIMEOUT, System, number, text};
use xtask::{machine::MachineOptions, model::ModelChoice};

/// `/selftest` computes some dozens of tokens.
const SELFTEST_TIMEOUT: Duration = Duration::from_secs(180);

/// Says something to the model and waits for the reply that ends the turn.
fn ask(system: &mut System, message: &str) -> Value {
    system.enter(message);
    let is_input = |event: &Value| event["text"] == *message;
    system.wait("the message arrives", "input", PROMPT_TIMEOUT, is_input);
    let is_last = |event: &Value| event["stop_reason"] != "tool_call";
    system.wait(&format!("reply to {message:?}"), "reply", MODEL_TIMEOUT, is_last)
}

#[test]
fn the_model_calls_a_tool_and_answers_with_its_result() {
    let mut system = System::boot(&MachineOptions::default());
    // What every prompt begins with; a line that is entered before interrupts it.
    let is_warm = |event: &Value| event["phase"] == "warm";
    system.wait("the beginning is computed", "boot", MODEL_TIMEOUT, is_warm);
    let reply = ask(&mut system, "What is 17*23?");
    let calls = system.events("tool_call");
    let [call] = &calls[..] else {
        system.fail("the model calls one tool", &format!("it made the calls {calls:?}"));
    };
    assert_eq!((&call["name"], &call["source"]), (&"calc".into(), &"model".into()), "{call}");
    let results = system.events("tool_result");
    let is_right = results.len() == 1 && results[0]["ok"] == true && results[0]["result"] == "391";
    system.check("calc computes", is_right, &Value::from(results));
    system.check("the reply has the result", text(&reply, "text").contains("391"), &reply);
    system.check("the model ended its turn", reply["stop_reason"] == "end_of_turn", &reply);

    // The router chose, and says so; the result is the reply, and nothing was computed for it.
    let routed = system.last("the request is routed", "routed");
    system.check("calc is chosen", routed["tool"] == "calc", &routed);
    assert_eq!(system.events("reply").len(), 1);

    // What the model answers by itself is computed behind what is there already.
    system.output("/set max_tokens 120");
    let second = ask(&mut system, "Write three tips for a good night's sleep as a list.");
    let routed = system.last("the request is routed", "routed");
    system.check("no tool is chosen", routed["tool"].is_null(), &routed);
    assert!(number(&second, "reused_tokens") > 0, "{second}");

    let last = system.last("context is logged", "context");
    let roles = &last["by_role"];
    let sum: u64 =
        ["system", "user", "assistant", "tool"].map(|role| number(roles, role)).iter().sum();
    system.check("the context's roles add up", sum == number(&last, "used"), &last);
    // The picture of the README.
    system.step("type", |machine| machine.type_text("And what about naps?"));
    std::thread::sleep(Duration::from_millis(500));
    system.screenshot("conversation");
    system.step("clear the line", |machine| machine.press("ctrl-u"));
    system.shut_down();
}

#[test]
fn what_is_remembered_is_recalled_after_a_reset_and_a_denied_call_does_not_run() {
    let mut system = System::boot(&MachineOptions::default());
    ask(&mut system, "Remember that the wifi password is tulip42.");
    let result = system.last("a fact is remembered", "tool_result");
    system.check("remember runs", result["ok"] == true && result["name"] == "remember", &result);
    system.output("/reset");
    let reply = ask(&mut system, "What is the wifi password?");
    system.check("it is recalled after a reset", text(&reply, "text").contains("tulip42"), &reply);

    system.output("/deny code");
    let reply = ask(&mut system, "Run this code: 40 + 2;");
    let result = system.last("the code is refused", "tool_result");
    let is_denied = result["ok"] == false && text(&result, "result").contains("not allowed");
    system.check("a rule forbids it", is_denied, &result);
    system.check("the reply says so", text(&reply, "text").contains("not allowed"), &reply);
    let audit = system.output("/audit verify");
    assert!(audit.contains("3 records, unchanged"), "{audit}");
    system.shut_down();
}

#[test]
fn a_call_that_asks_waits_for_the_person_who_may_agree_refuse_or_stop() {
    let mut system = System::boot(&MachineOptions::default());
    system.output("/ask code");
    for (key, answer, outcome, reason) in [
        ("y\n", "once", "42", "end_of_turn"),
        ("what?\nn\n", "no", "not allowed", "end_of_turn"),
        ("esc", "", "stopped", "cancelled"),
        ("a\n", "always", "42", "end_of_turn"),
    ] {
        system.enter("Run this code: 40 + 2;");
        system.wait("the person is asked", "approval_asked", MODEL_TIMEOUT, |_| true);
        if key == "esc" {
            system.screenshot("approval");
            system.step("Esc", |machine| machine.press(key));
        } else {
            system.step("answer", |machine| machine.type_text(key));
        }
        let given = system.wait("the answer arrives", "approval_given", PROMPT_TIMEOUT, |_| true);
        let is_right = given["answer"].as_str().unwrap_or_default() == answer;
        system.check("the answer is understood", is_right, &given);
        let reply = system.wait("the reply", "reply", MODEL_TIMEOUT, |_| true);
        system.check("the reply says so", text(&reply, "text").contains(outcome), &reply);
        system.check("the turn ends so", reply["stop_reason"] == reason, &reply);
    }
    assert!(system.output("/grants").contains("allow  code"));
    system.shut_down();
}

#[test]
fn a_reply_can_be_stopped_and_keys_are_drawn_meanwhile() {
    let mut system = System::boot(&MachineOptions::default());
    // The first turn computes what every prompt begins with.
    system.output("/set max_tokens 2");
    ask(&mut system, "Hello!");
    system.output("/set max_tokens 200");
    // On a busy host the emulator may be slow to begin: the typing then lasts longer.
    let reply = (1..=4)
        .map(|times| stopped_while_typing(&mut system, times))
        .find(|reply| number(reply, "tokens") > 0);
    let reply = reply.unwrap_or_default();
    system.check("Esc stops a reply that had begun", !reply.is_null(), &reply);
    // What was typed is still in the line: Ctrl-U clears it, and Ctrl-C stops the next reply.
    system.step("Ctrl-U", |machine| machine.press("ctrl-u"));
    system.enter("Write another long story.");
    system.wait("the message arrives", "input", PROMPT_TIMEOUT, |event| {
        event["text"] == "Write another long story."
    });
    std::thread::sleep(Duration::from_secs(2));
    system.step("Ctrl-C", |machine| machine.press("ctrl-c"));
    let reply = system.wait("Ctrl-C stops the reply", "reply", PROMPT_TIMEOUT, |_| true);
    system.check("Ctrl-C stops the reply", reply["stop_reason"] == "cancelled", &reply);

    // A long reply is ended by the longest length (in a new conversation: the model would take the
    // stopped ones for examples).
    system.output("/reset");
    system.output("/set max_tokens 5");
    let reply = ask(&mut system, "Write a third long story.");
    let is_cut = reply["stop_reason"] == "length" && number(&reply, "tokens") == 5;
    system.check("the longest length ends a reply", is_cut, &reply);
    system.shut_down();
}

/// Asks for a story, types a phrase so many times meanwhile, and stops the reply, which is returned.
/// What was typed stays in the line.
fn stopped_while_typing(system: &mut System, times: usize) -> Value {
    system.step("Ctrl-U", |machine| machine.press("ctrl-u"));
    let question = "Write a long story about a river.";
    system.enter(question);
    let is_input = |event: &Value| event["text"] == question;
    system.wait("the message arrives", "input", PROMPT_TIMEOUT, is_input);
    for key in "typed while the model writes ".repeat(times).chars() {
        system.step("type during the reply", |machine| machine.type_text(&key.to_string()));
        std::thread::sleep(Duration::from_millis(150));
    }
    let is_during = |event: &Value| event["during_reply"] == true && number(event, "keys") > 0;
    system.wait("keys are drawn before the reply ends", "key_latency", PROMPT_TIMEOUT, is_during);
    system.step("Esc", |machine| machine.press("esc"));
    let reply = system.wait("Esc stops the reply", "reply", PROMPT_TIMEOUT, |_| true);
    system.check("Esc stops the reply", reply["stop_reason"] == "cancelled", &reply);
    reply
}

#[test]
fn the_model_computes_the_same_tokens_as_its_reference() {
    let mut system = System::boot(&MachineOptions::default());
    system.enter("/selftest");
    let result = system.command_result("/selftest", SELFTEST_TIMEOUT);
    let checks = system.events("selftest");
    system.check("/selftest", result["ok"] == true, &Value::from(checks.clone()));
    let parity: Vec<_> =
        checks.iter().filter(|check| text(check, "name").contains("parity")).collect();
    assert_eq!(parity.len(), 1, "the model's own check is among {checks:?}");
    assert_eq!(parity[0]["ok"], true, "{parity:?}");
    system.shut_down();
}

#[test]
fn old_turns_are_evicted_visibly_and_too_large_messages_refused() {
    // A small window, which a few turns of some seventy tokens fill.
    let cmdline = "context=640".to_owned();
    let mut system = System::boot(&MachineOptions { cmdline, ..Default::default() });
    let start = system.last("context is logged", "context");
    system.check("the window is small", start["limit"] == 640, &start);
    system.output("/set max_tokens 4");
    let list = "one two three ".repeat(18);
    let mut turns = 0;
    while system.events("evicted").is_empty() {
        turns += 1;
        assert!(turns < 8, "no turn was evicted");
        ask(&mut system, format!("Please remember list {turns}: {list}").trim());
    }
    assert!(turns > 1, "the first turn fits");
    let evicted = system.last("the first turn is evicted", "evicted");
    let has_size = number(&evicted, "tokens") >= 54 && number(&evicted, "turns") == 1;
    system.check("it had its tokens", has_size, &evicted);
    // A command comes after all that the turn logs.
    system.output("/context");
    let after = system.last("context is logged", "context");
    // A line on the turn that went may have come to it.
    let system_tokens = |context: &Value| number(&context["by_role"], "system");
    let keeps_system = system_tokens(&after) >= system_tokens(&start);
    system.check("the system prompt stays", keeps_system, &after);

    // Each word is a token: more of them than the window has.
    let message = "word ".repeat(700);
    system.step("send 700 words", |machine| machine.serial_send(format!("{}\r", message.trim())));
    let is_refusal = |event: &Value| event["source"] == "context";
    let refusal = system.wait("it is refused", "error", MODEL_TIMEOUT, is_refusal);
    let words = text(&refusal, "message");
    let mut numbers = words.split(|c: char| !c.is_ascii_digit());
    let names_size = numbers.any(|number| number.parse().is_ok_and(|size: u64| size >= 700));
    system.check("the refusal names its size", names_size, &refusal);
    let unchanged = system.last("context is logged", "context");
    assert_eq!(unchanged["used"], after["used"], "the window is as before");
    system.shut_down();
}

#[test]
fn every_command_works_and_says_something() {
    let mut system =
        System::boot(&MachineOptions { model: ModelChoice::None, ..Default::default() });
    for (command, expected) in [
        ("/help", "/hexdump"),
        ("/help tool", "/tool"),
        ("/tools", "calc"),
        ("/context", "token"),
        ("/system", "assistant"),
        ("/set", "keymap"),
        ("/stats", "tok/s"),
        ("/models", "embedding: none"),
        ("/mem", "free"),
        ("/mmap", "usable"),
        ("/frames", "free"),
        ("/cpus", "cpu 1"),
        ("/ticks", "timer interrupts"),
        ("/time", "UTC"),
        ("/history", "/help"),
        ("/reset", "new conversation"),
        ("/selftest", "0 failed"),
    ] {
        let output = system.output(command).to_lowercase();
        let is_there = output.contains(&expected.to_lowercase());
        system.check(command, is_there, &output.into());
    }

    let checks = system.events("selftest");
    let all_passed = checks.len() >= 15 && checks.iter().all(|check| check["ok"] == true);
    system.check("the kernel's checks pass", all_passed, &Value::from(checks));

    let date = system.output("/time");
    assert!(date.contains("20"), "{date}");
    let ticks = |output: &str| output.split(' ').next().and_then(|word| word.parse::<u64>().ok());
    let first = ticks(&system.output("/ticks")).expect("a number comes first");
    let second = ticks(&system.output("/ticks")).expect("a number comes first");
    assert!(second > first, "the timer goes on: {first}, {second}");

    // The kernel's own code, and an address that no kernel maps.
    let dump = system.output("/hexdump ffffffff80000000 32");
    assert!(dump.contains("ffffffff80000000") && dump.contains('|'), "{dump}");
    let refusal = system.refusal("/hexdump 10000000000");
    assert!(refusal.contains("not mapped"), "{refusal}");

    let keymap = system.output("/set keymap de");
    assert!(keymap.contains("de"), "{keymap}");
    // With the German layout the key that QEMU calls "y" types a z. (Its slash types a dash, so the
    // command comes over the serial line.)
    system.step("send", |machine| machine.serial_send("/tool echo "));
    std::thread::sleep(Duration::from_millis(500));
    system.step("y", |machine| machine.press("y"));
    system.step("enter", |machine| machine.press("enter"));
    let echo = system.wait("the layout is German", "tool_result", PROMPT_TIMEOUT, |_| true);
    system.check("the layout is German", echo["result"] == "z", &echo);
    system.shut_down_over_serial();
}

#[test]
fn every_tool_works_without_a_model() {
    let mut system =
        System::boot(&MachineOptions { model: ModelChoice::None, ..Default::default() });
    for (command, expected) in [
        ("/tool calc 2^10", "1024"),
        ("/tool calc (1+2)*3-4/2", "7"),
        ("/tool calc sqrt(16)", "4"),
        ("/tool remember the color is blue green", "color"),
        ("/tool recall color", "blue green"),
        ("/tool echo one two", "one two"),
        ("/tool clock", "UTC"),
        ("/tool clock What day of the week was 20 July 1969?", "Sunday"),
        ("/tool sysinfo", "CPU"),
    ] {
        let output = system.output(command);
        let is_there = output.to_lowercase().contains(&expected.to_lowercase());
        system.check(command, is_there, &output.into());
        let result = system.last(command, "tool_result");
        system.check(command, result["ok"] == true, &result);
    }
    let refusal = system.refusal("/tool calc 1+*2");
    assert!(refusal.contains('3') || refusal.contains('*'), "where it went wrong: {refusal}");
    let refusal = system.refusal("/tool clac 1");
    assert!(refusal.contains("calc"), "what was meant: {refusal}");
    let refusal = system.refusal("/tool recall");
    assert!(!refusal.is_empty());

    let calls = system.events("tool_call");
    assert!(calls.iter().all(|call| call["source"] == "user"), "{calls:?}");
    system.enter("Hello?");
    let error = system.wait("a message without a model", "error", PROMPT_TIMEOUT, |event| {
        event["source"] == "model"
    });
    system.check("it says why", text(&error, "message").contains("model"), &error);
    system.shut_down();
}

#[test]
fn the_line_is_edited_like_in_a_shell() {
    let mut system =
        System::boot(&MachineOptions { model: ModelChoice::None, ..Default::default() });
    // "one three" becomes "zero one two three" by moving about.
    system.step("type", |machine| machine.type_text("/tool echo one three"));
    for key in ["ctrl-left", "t", "w", "o", "space", "alt-b", "alt-b", "z", "e", "r", "o", "space"]
    {
        system.step(key, |machine| machine.press(key));
    }
    system.step("end", |machine| machine.press("end"));
    system.step("backspace", |machine| machine.press("backspace"));
    system.step("enter", |machine| machine.press("enter"));
    let edited = system.wait("the edited line", "tool_result", PROMPT_TIMEOUT, |_| true);
    system.check("the edited line", edited["result"] == "zero one two thre", &edited);

    // The line before comes back from the history and is sent again.
    system.step("up", |machine| machine.press("up"));
    system.step("type", |machine| machine.type_text("e"));
    system.step("enter", |machine| machine.press("enter"));
    let again = system.wait("the line again", "tool_result", PROMPT_TIMEOUT, |_| true);
    system.check("the line again", again["result"] == "zero one two three", &again);

    // A command is completed, and several lines are one input.
    system.step("complete", |machine| machine.type_text("/hist\t"));
    system.step("enter", |machine| machine.press("enter"));
    let completed = system.command_result("/history", PROMPT_TIMEOUT);
    system.check("/hist and Tab", completed["ok"] == true, &completed);
    system.step("type", |machine| machine.type_text("first"));
    system.step("alt-enter", |machine| machine.press("alt-enter"));
    system.enter("second");
    let is_both = |event: &Value| event["text"] == "first\nsecond";
    system.wait("two lines are one input", "input", PROMPT_TIMEOUT, is_both);
    system.shut_down();
}
