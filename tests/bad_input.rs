//! What goes wrong outside the system's hands: each time a clear message, nothing lost, and a
//! console that still works. Each test is one machine or a row of them.

use serde_json::Value;
use std::time::Duration;
use tests::{
    gguf::DamagedModel,
    screen::{Area, Image},
    system::{PROMPT_TIMEOUT, System, text},
};
use xtask::{
    artifacts::default_model,
    machine::{Boot, MachineOptions},
    model::ModelChoice,
};

/// A machine without a model: for what does not need one.
fn without_model() -> MachineOptions {
    MachineOptions { model: ModelChoice::None, ..Default::default() }
}

/// Commands and tools still work.
fn check_usable(system: &mut System) {
    let output = system.output("/tool calc 6*7");
    system.check("the console still works", output.contains("42"), &output.into());
}

/// The one error that a part of the system has reported during the start.
fn start_error(system: &mut System, source: &str) -> String {
    let mut errors = system.events("error");
    errors.retain(|error| error["source"] == source);
    let [error] = &errors[..] else {
        system.fail(&format!("{source} reports one error"), &format!("saw {errors:?}"));
    };
    text(error, "message")
}

/// Boots with a file that is no good model and returns what the system says of it.
fn refusal_of(model: DamagedModel) -> String {
    let file = model.write();
    let options =
        MachineOptions { model: ModelChoice::File(file.path().into()), ..Default::default() };
    let mut system = System::boot(&options);
    let ready = system.ready().clone();
    system.check("there is no model", ready["model"].is_null(), &ready);
    let message = start_error(&mut system, "model");
    check_usable(&mut system);
    system.shut_down();
    message
}

#[test]
fn a_truncated_model_is_refused_with_the_place() {
    let message = refusal_of(DamagedModel::truncated(50_000_000));
    assert!(message.contains("tensor") && message.contains("50000000"), "{message}");
    // Inside the metadata, before any tensor is known.
    let message = refusal_of(DamagedModel::truncated(100_000));
    let array = "truncated in the array of key tokenizer.ggml.tokens";
    assert!(message.contains(array) && message.contains("98893 there"), "{message}");
}

#[test]
fn a_file_that_is_no_model_is_refused() {
    let message = refusal_of(DamagedModel::bytes(b"#!/bin/sh\necho I am a script\n".repeat(100)));
    assert!(message.contains("not a GGUF file"), "{message}");
    let message = refusal_of(DamagedModel::bytes(b"GG".to_vec()));
    assert!(!message.is_empty(), "{message}");
}

#[test]
fn an_unsupported_model_is_refused_by_name() {
    let version = refusal_of(DamagedModel::with_version(2));
    assert!(version.contains("version 2"), "{version}");
    let architecture = refusal_of(DamagedModel::with_architecture(*b"gemma"));
    assert!(architecture.contains("gemma"), "{architecture}");
    let tensor_type = refusal_of(DamagedModel::with_tensor_type("blk.0.attn_q.weight", 16));
    let names_both = tensor_type.contains("blk.0.attn_q.weight") && tensor_type.contains("IQ2_XXS");
    assert!(names_both, "{tensor_type}");
}

#[test]
fn a_corrupt_model_is_refused_with_the_tensor() {
    let offset = refusal_of(DamagedModel::with_tensor_offset("blk.3.ffn_up.weight", 1 << 40));
    assert!(offset.contains("blk.3.ffn_up.weight"), "{offset}");
    let dimensions = refusal_of(DamagedModel::with_tensor_rows("blk.5.ffn_gate.weight", 1 << 60));
    assert!(dimensions.contains("blk.5.ffn_gate.weight"), "{dimensions}");
}

#[test]
fn an_embedding_model_that_is_no_good_is_refused_and_all_else_works() {
    let cut = DamagedModel::truncated(1000).write();
    let language = default_model().unwrap_or_else(|error| panic!("model: {error}"));
    for (file, expected) in [(cut.path(), "truncated"), (language.as_path(), "architecture llama")]
    {
        let embedding = ModelChoice::File(file.into());
        let mut system = System::boot(&MachineOptions { embedding, ..without_model() });
        let is_it = |event: &Value| event["source"] == "embedding";
        let error = system.wait("it is refused", "error", PROMPT_TIMEOUT, is_it);
        system.check("the reason is told", text(&error, "message").contains(expected), &error);
        let models = system.output("/models");
        system.check("/models", models.contains("embedding: cannot be used"), &models.into());
        // It is not taken for the language model either, although it may be one.
        let ready = system.ready().clone();
        system.check("there is no language model", ready["model"].is_null(), &ready);
        check_usable(&mut system);
        system.shut_down();
    }
}

#[test]
fn too_little_memory_is_told_before_loading_with_what_would_fit() {
    let mut system = System::boot(&MachineOptions { memory_mib: 160, ..Default::default() });
    let ready = system.ready().clone();
    if ready["model"].is_null() {
        let message = start_error(&mut system, "model");
        let names_sizes = message.matches("MiB").count() >= 3 && message.contains("a context of");
        system.check("it says what it needs and what would fit", names_sizes, &message.into());
    } else {
        // A smaller context fits: that is told too, by the size that was taken.
        let loaded = system.last("the model is loaded", "model_loaded");
        let is_smaller = loaded["context"].as_u64().is_some_and(|tokens| tokens < 4096);
        system.check("the context is smaller than the model's", is_smaller, &loaded);
    }
    check_usable(&mut system);
    system.shut_down();
}

#[test]
fn without_keyboard_controller_the_serial_line_is_used() {
    let machine = "pc,i8042=off".to_owned();
    let mut system = System::boot(&MachineOptions { machine, ..without_model() });
    let ready = system.ready().clone();
    system.check("no keyboard is found", ready["keyboard"] == false, &ready);
    let message = start_error(&mut system, "keyboard");
    system.check("it is told", message.contains("keyboard controller"), &message.into());
    let answer = system.serial_command("/tool calc 6*7");
    system.check("the serial line works", text(&answer, "output").contains("42"), &answer);
    system.shut_down_over_serial();
}

#[test]
fn without_serial_ports_there_is_no_log_and_all_else_works() {
    let mut system =
        System::power_on(&MachineOptions { has_serial_ports: false, ..without_model() });
    let is_drawn = |image: &Image| {
        let transcript = Area::new(16, 44, 816, 668);
        image.width == 1280 && image.height == 800 && image.colors(&transcript) >= 4
    };
    // Without a log only the screen tells that the prompt is there.
    let mut pictures = (0..60).map(|_| {
        std::thread::sleep(Duration::from_millis(500));
        let path = system.screenshot("no-serial");
        Image::read_png(&path).unwrap_or_else(|error| panic!("{error}"))
    });
    let before = pictures.find(is_drawn).expect("the console is drawn within 30 s");
    drop(pictures);
    system.enter("/help");
    std::thread::sleep(Duration::from_secs(2));
    let path = system.screenshot("no-serial-help");
    let after = Image::read_png(&path).unwrap_or_else(|error| panic!("{error}"));
    assert!(!before.compare(&after, &[]).is_match(), "/help changes the screen");
    assert!(system.events("ready").is_empty(), "there is no log");
    system.enter_last("/shutdown");
    let exit = system.wait_exit("machine is off");
    assert_eq!(exit.code, Some(0), "{exit:?}");
}

#[test]
fn a_window_too_small_for_the_system_prompt_leaves_commands_and_tools() {
    let options = MachineOptions { cmdline: "context=96".to_owned(), ..Default::default() };
    let mut system = System::boot(&options);
    let error = start_error(&mut system, "agent");
    assert!(error.contains("system prompt") && error.contains("tokens"), "{error}");
    let ready = system.ready().clone();
    system.check("no model is in use", ready["model"].is_null(), &ready);
    check_usable(&mut system);
    system.shut_down();
}

#[test]
fn odd_input_is_answered_or_kept_and_never_lost() {
    let mut system = System::boot(&without_model());

    let refusal = system.refusal("/hlep");
    system.check("an unknown command", refusal.contains("/help"), &refusal.into());
    let refusal = system.refusal("/");
    system.check("no command at all", !refusal.is_empty(), &refusal.into());
    let refusal = system.refusal("/hexdump zzz");
    system.check("no number", refusal.contains("zzz"), &refusal.into());

    // As fast as the line takes them.
    let typed: String = ('!'..='~').cycle().take(10_000).collect();
    let sent = format!("{typed}\r");
    system.step("send 10,000 characters", |machine| machine.serial_send(&sent));
    let input = system.wait("they arrive", "input", Duration::from_secs(60), |_| true);
    let arrived = text(&input, "text");
    if arrived != typed {
        let same = arrived.chars().zip(typed.chars()).take_while(|(a, b)| a == b).count();
        let count = arrived.chars().count();
        system.fail("they arrive complete", &format!("{count} arrived, the first {same} right"));
    }
    let error = system.wait("they are answered", "error", PROMPT_TIMEOUT, |_| true);
    system.check("there is no model for them", error["source"] == "model", &error);
    // Half a character, then a line's end: one replacement character, and the line.
    let cut = b"/tool echo a\xE6\xBC\r";
    system.step("send half a character", |machine| machine.serial_send(cut));
    let echo = system.wait("half a character", "command", PROMPT_TIMEOUT, |_| true);
    system.check("half a character", echo["output"] == "a\u{FFFD}", &echo);
    system.step("send whole characters", |machine| machine.serial_send("/tool echo é漢🦀\r"));
    let echo = system.wait("whole characters", "command", PROMPT_TIMEOUT, |_| true);
    system.check("whole characters", echo["output"] == "é漢🦀", &echo);
    let garbage = b"\x1b[99;99~\x1b[\x1b]\x00\x07\xff\xfe\x1b[200~\x1b[201~\x15/tool echo end\r";
    system.step("send garbage", |machine| machine.serial_send(garbage));
    let echo = system.wait("the end of the garbage", "command", PROMPT_TIMEOUT, |_| true);
    system.check("the end of the garbage", echo["output"] == "end", &echo);
    check_usable(&mut system);
    system.shut_down();
}

/// Faults that end the system, and what the report must say.
const FATAL_FAULTS: [(&str, &str); 10] = [
    ("divide", "divide"),
    ("double-fault", "double fault"),
    ("execute-data", "page fault"),
    ("general-protection", "general protection"),
    ("invalid-opcode", "invalid opcode"),
    ("null-pointer", "page fault"),
    ("panic", "panic on purpose"),
    ("stack-overflow", "stack"),
    ("unmapped-read", "page fault"),
    ("write-constant", "page fault"),
];

#[test]
fn every_fault_is_reported_and_ends_a_headless_run_with_a_failure() {
    for (fault, expected) in FATAL_FAULTS {
        let cmdline = "panic=exit".to_owned();
        let mut system = System::boot(&MachineOptions { cmdline, ..without_model() });
        system.enter_last(&format!("/selftest fault {fault}"));
        let panic = system.wait(fault, "panic", PROMPT_TIMEOUT, |_| true);
        let message = text(&panic, "message").to_lowercase();
        system.check(fault, message.contains(expected), &panic);
        let frames = panic["backtrace"].as_array().map_or(0, Vec::len);
        system.check(&format!("{fault} has a backtrace"), frames > 0, &panic);
        let is_symbolised = panic["backtrace"].to_string().contains("kernel::");
        system.check(&format!("{fault}: functions have names"), is_symbolised, &panic);
        let exit = system.wait_exit(fault);
        assert!(exit.code.is_some_and(|code| code != 0), "{fault}: {exit:?}");
        let report = system.machine().serial_output().to_lowercase();
        assert!(report.contains(expected), "{fault} on the serial line:\n{report}");
    }
}

#[test]
fn a_breakpoint_is_survived() {
    let mut system = System::boot(&without_model());
    let output = system.output("/selftest fault breakpoint");
    assert!(!output.is_empty());
    check_usable(&mut system);
    system.shut_down();
}

#[test]
fn the_report_of_a_crash_stays_on_the_screen() {
    let mut system = System::boot(&without_model());
    let before = Image::read_png(&system.screenshot("before-crash")).expect("a PNG");
    system.enter("/selftest fault null-pointer");
    system.wait("the crash", "panic", PROMPT_TIMEOUT, |_| true);
    std::thread::sleep(Duration::from_secs(1));
    let first = Image::read_png(&system.screenshot("crash")).expect("a PNG");
    assert!(!before.compare(&first, &[]).is_match(), "the screen shows something else");
    let colors = first.colors(&Area::new(0, 0, first.width, first.height / 2));
    assert!(colors >= 3, "the report is drawn, in {colors} colours");
    system.step("a key", |machine| machine.press("a"));
    std::thread::sleep(Duration::from_secs(1));
    let second = Image::read_png(&system.screenshot("crash-later")).expect("a PNG");
    assert!(first == second, "the report stays");
}

#[test]
fn a_crash_in_text_mode_is_reported_on_the_text_screen() {
    let mut system = System::boot(&MachineOptions { text_mode: true, ..without_model() });
    system.enter("/selftest fault divide");
    system.wait("the crash", "panic", PROMPT_TIMEOUT, |_| true);
    std::thread::sleep(Duration::from_secs(1));
    let screen = system.vga_text().join("\n").to_lowercase();
    assert!(screen.contains("divide"), "{screen}");
    assert!(screen.contains("rip"), "registers are shown:\n{screen}");
}

#[test]
fn a_machine_without_display_and_serial_ports_does_not_hang() {
    // Nothing can be seen or logged, but the keyboard still works: it switches off.
    let qemu_args = ["-vga", "none"].map(str::to_owned).to_vec();
    let options = MachineOptions {
        has_serial_ports: false,
        boot: Boot::Direct,
        text_mode: true,
        qemu_args,
        ..without_model()
    };
    let mut system = System::power_on(&options);
    std::thread::sleep(Duration::from_secs(6));
    system.enter_last("/shutdown");
    let exit = system.wait_exit("machine is off");
    assert_eq!(exit.code, Some(0), "{exit:?}");
}
