//! Every way into the system ends at a prompt that works: boot loaders, firmware, displays, CPUs,
//! memory. Each test is one machine, switched off by its own command at the end.

use serde_json::Value;
use tests::{
    screen::{Area, Image},
    system::{MODEL_TIMEOUT, PROMPT_TIMEOUT, System, number, text},
};
use xtask::{
    artifacts,
    bootloader::BootloaderChoice,
    machine::{Boot, MachineOptions},
    model::ModelChoice,
};

/// A machine without a model: for what does not need one.
fn without_model() -> MachineOptions {
    MachineOptions { model: ModelChoice::None, ..Default::default() }
}

/// A machine that boots the image through GRUB.
fn grub(boot: Boot) -> MachineOptions {
    MachineOptions { boot, bootloader: BootloaderChoice::Grub, ..Default::default() }
}

/// A machine that boots the image through Limine.
fn limine(boot: Boot) -> MachineOptions {
    MachineOptions { boot, bootloader: BootloaderChoice::Limine, ..Default::default() }
}

fn check_framebuffer(system: &mut System, width: u64, height: u64, bits_per_pixel: u64) {
    let ready = system.ready().clone();
    let display = &ready["display"];
    let is_it = display["kind"] == "framebuffer"
        && number(display, "width") == width
        && number(display, "height") == height
        && number(display, "bits_per_pixel") == bits_per_pixel;
    system.check("display is as asked for", is_it, &ready);
}

/// The console is on the screen: a dark ground, and text in several places.
fn check_console_is_drawn(system: &mut System, name: &str) {
    let path = system.screenshot(name);
    let image = Image::read_png(&path).unwrap_or_else(|error| panic!("{error}"));
    let (width, height) = (image.width, image.height);
    let parts = [
        ("top left", Area::new(0, 0, width / 2, height / 2)),
        ("top right", Area::new(width / 2, 0, width / 2, height / 2)),
        ("bottom left", Area::new(0, height / 2, width / 2, height / 2)),
    ];
    for (part, area) in parts {
        let colors = image.colors(&area);
        assert!(colors >= 4, "{part} of {} has {colors} colours", path.display());
    }
}

fn check_model_is_loaded(system: &mut System) {
    let loaded = system.events("model_loaded");
    let Some(model) = loaded.first().cloned() else {
        system.fail("model is loaded", "there is no such event");
    };
    let is_whole = text(&model, "architecture") == "llama"
        && text(&model, "quantization") == "Q4_1"
        && number(&model, "size_bytes") == 98_362_432
        && number(&model, "parameters") > 130_000_000
        && number(&model, "context") >= 2048;
    system.check("model is loaded", is_whole, &model);
}

/// The second module is found and loaded, after the prompt.
fn check_embedding_is_loaded(system: &mut System) {
    let is_there = |_: &Value| true;
    let loaded = system.wait("the embedding", "embedding_loaded", PROMPT_TIMEOUT, is_there);
    let is_whole = text(&loaded, "name") == "all-MiniLM-L6-v2"
        && text(&loaded, "architecture") == "bert"
        && text(&loaded, "quantization") == "Q8_0"
        && number(&loaded, "dimensions") == 384
        && number(&loaded, "context") == 512
        && number(&loaded, "parameters") > 22_000_000;
    system.check("the embedding is whole", is_whole, &loaded);
}

/// Has the model say something short, which needs every layer of the system.
fn check_model_answers(system: &mut System) {
    system.output("/set max_tokens 6");
    system.enter("Hello!");
    let reply = system.wait("the model answers", "reply", MODEL_TIMEOUT, |_| true);
    let is_reply = number(&reply, "tokens") > 0 && !text(&reply, "text").trim().is_empty();
    system.check("the model answers", is_reply, &reply);
}

/// Checks that could come out differently on another way into the system. (All of them run in
/// `agent.rs`.)
fn check_selftest(system: &mut System) {
    for what in ["page", "CPU", "interrupts", "heap"] {
        system.output(&format!("/selftest {what}"));
    }
    let checks = system.events("selftest");
    let all_passed = checks.len() >= 6 && checks.iter().all(|check| check["ok"] == true);
    system.check("the kernel's checks pass", all_passed, &Value::from(checks));
}

fn check_text_console(system: &mut System) {
    let ready = system.ready().clone();
    let display = &ready["display"];
    let is_text = display["kind"] == "text" && display["width"] == 80 && display["height"] == 25;
    system.check("display is text", is_text, &ready);
    system.enter("/tool echo on-the-text-screen");
    system.command_result("/tool", PROMPT_TIMEOUT);
    // The event is written when the command has run, the screen a moment later.
    let mut rows = Vec::new();
    for _ in 0..50 {
        rows = system.vga_text();
        if rows.iter().filter(|row| row.contains("on-the-text-screen")).count() >= 2 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let screen = rows.join("\n");
    assert!(rows[0].contains("LLM OS"), "no status line:\n{screen}");
    for panel in ["context", "tool log"] {
        assert!(screen.contains(panel), "no panel {panel}:\n{screen}");
    }
    let shown = rows.iter().filter(|row| row.contains("on-the-text-screen")).count();
    assert!(shown >= 2, "the command and its output are not both shown:\n{screen}");
}

#[test]
fn direct_boot_with_two_cpus() {
    let mut system = System::boot(&MachineOptions::default());
    let ready = system.ready().clone();
    system.check("two CPUs compute", ready["cpus"] == 2, &ready);
    system.check("AVX2 is used", ready["simd"] == "AVX2, fixed point", &ready);
    system.check("the keyboard answered", ready["keyboard"] == true, &ready);
    check_framebuffer(&mut system, 1280, 800, 32);
    check_model_is_loaded(&mut system);
    check_embedding_is_loaded(&mut system);
    check_selftest(&mut system);
    check_console_is_drawn(&mut system, "direct");
    let times: Vec<u64> = system.events("boot").iter().map(|event| number(event, "t_ms")).collect();
    assert!(times.len() >= 3 && times.is_sorted(), "boot phases at {times:?}");
    system.shut_down();
}

#[test]
fn direct_boot_with_one_cpu_on_q35() {
    let options = MachineOptions { cpus: 1, machine: "q35".to_owned(), ..Default::default() };
    let mut system = System::boot(&options);
    let ready = system.ready().clone();
    system.check("one CPU computes", ready["cpus"] == 1, &ready);
    check_selftest(&mut system);
    check_model_answers(&mut system);
    system.shut_down();
}

#[test]
fn direct_boot_without_avx() {
    let options = MachineOptions { cpu: "qemu64".to_owned(), ..Default::default() };
    let mut system = System::boot(&options);
    let ready = system.ready().clone();
    system.check("scalar code is used", ready["simd"] == "scalar", &ready);
    check_selftest(&mut system);
    // The same tokens as with AVX2 and as the reference.
    system.enter("/selftest model");
    let parity = system.command_result("/selftest model", 2 * MODEL_TIMEOUT);
    system.check("the model computes as its reference", parity["ok"] == true, &parity);
    system.shut_down();
}

#[test]
fn direct_boot_with_512_mib() {
    let options = MachineOptions { memory_mib: 512, ..Default::default() };
    let mut system = System::boot(&options);
    check_model_is_loaded(&mut system);
    check_embedding_is_loaded(&mut system);
    check_model_answers(&mut system);
    system.shut_down();
}

#[test]
fn direct_boot_with_24_bit_pixels() {
    let video_mode = Some("1024x768x24".to_owned());
    let mut system = System::boot(&MachineOptions { video_mode, ..without_model() });
    check_framebuffer(&mut system, 1024, 768, 24);
    check_console_is_drawn(&mut system, "direct-24-bit");
    system.shut_down();
}

#[test]
fn direct_boot_at_640_by_480() {
    let video_mode = Some("640x480".to_owned());
    let mut system = System::boot(&MachineOptions { video_mode, ..without_model() });
    check_framebuffer(&mut system, 640, 480, 32);
    check_console_is_drawn(&mut system, "direct-640x480");
    system.shut_down();
}

#[test]
fn direct_boot_at_4k() {
    let video_mode = Some("3840x2160".to_owned());
    let qemu_args = ["-vga", "none", "-device", "VGA,vgamem_mb=64"].map(str::to_owned).to_vec();
    let mut system = System::boot(&MachineOptions { video_mode, qemu_args, ..without_model() });
    check_framebuffer(&mut system, 3840, 2160, 32);
    check_console_is_drawn(&mut system, "direct-4k");
    system.shut_down();
}

#[test]
fn direct_boot_in_text_mode() {
    let mut system = System::boot(&MachineOptions { text_mode: true, ..without_model() });
    check_text_console(&mut system);
    system.shut_down();
}

#[test]
fn grub_on_bios() {
    let mut system = System::boot(&grub(Boot::IsoBios));
    let display = system.ready()["display"].clone();
    system.check("display has pixels", display["kind"] == "framebuffer", &display);
    check_model_is_loaded(&mut system);
    check_embedding_is_loaded(&mut system);
    check_selftest(&mut system);
    check_console_is_drawn(&mut system, "grub-bios");
    system.shut_down();
}

#[test]
fn grub_on_uefi() {
    let mut system = System::boot(&grub(Boot::IsoUefi));
    let ready = system.ready().clone();
    let has_pixels = ready["display"]["kind"] == "framebuffer";
    system.check("display has pixels", has_pixels, &ready);
    let is_uefi = text(&ready, "boot").contains("UEFI");
    system.check("the firmware is known to be UEFI", is_uefi, &ready);
    check_model_is_loaded(&mut system);
    check_selftest(&mut system);
    check_console_is_drawn(&mut system, "grub-uefi");
    system.shut_down();
}

#[test]
fn grub_in_text_mode() {
    let options =
        MachineOptions { text_mode: true, model: ModelChoice::None, ..grub(Boot::IsoBios) };
    let mut system = System::boot(&options);
    check_text_console(&mut system);
    system.shut_down();
}

#[test]
fn uefi_without_any_display_is_used_over_serial() {
    let qemu_args = ["-vga", "none"].map(str::to_owned).to_vec();
    let options = MachineOptions { qemu_args, model: ModelChoice::None, ..grub(Boot::IsoUefi) };
    let mut system = System::boot(&options);
    let ready = system.ready().clone();
    system.check("there is no display", ready["display"]["kind"] == "none", &ready);
    let answer = system.serial_command("/tool calc 6*7");
    system.check("/tool calc 6*7", text(&answer, "output").contains("42"), &answer);
    system.step("the console is on the serial line", |machine| {
        machine.wait_serial("tool log", PROMPT_TIMEOUT)
    });
    system.shut_down_over_serial();
}

/// Boots the image from a USB stick with nothing in the CD drive.
fn check_usb_stick(boot: Boot, bootloader: BootloaderChoice) {
    let model = ModelChoice::None;
    let image = xtask::image::build(&xtask::image::ImageOptions {
        bootloader,
        model: model.clone(),
        ..Default::default()
    });
    let path = image.unwrap_or_else(|error| panic!("image: {error}")).path;
    let drive = format!("if=none,id=stick,format=raw,snapshot=on,file={}", path.display());
    let stick = "usb-storage,drive=stick,bootindex=0";
    let qemu_args = ["-S", "-drive", &drive, "-device", "qemu-xhci", "-device", stick];
    let qemu_args = qemu_args.map(str::to_owned).to_vec();
    let options = MachineOptions { boot, bootloader, model, qemu_args, ..Default::default() };
    let mut system = System::power_on(&options);
    // The machine waits for "cont", so the CD is gone before the firmware looks for it.
    let cd = if options.machine == "q35" { "ide2-cd0" } else { "ide1-cd0" };
    let eject = serde_json::json!({ "device": cd, "force": true });
    for (command, arguments) in [("eject", eject), ("cont", serde_json::json!({}))] {
        let answer = system.machine().qmp().execute(command, arguments);
        answer.unwrap_or_else(|error| panic!("{command}: {error}"));
    }
    system.wait_ready();
    system.shut_down();
}

#[test]
fn grub_from_a_usb_stick_on_bios() {
    check_usb_stick(Boot::IsoBios, BootloaderChoice::Grub);
}

#[test]
fn grub_from_a_usb_stick_on_uefi() {
    check_usb_stick(Boot::IsoUefi, BootloaderChoice::Grub);
}

#[test]
#[ignore = "needs Limine"]
fn limine_on_bios() {
    let mut system = System::boot(&limine(Boot::IsoBios));
    let ready = system.ready().clone();
    system.check("Limine is named", text(&ready, "boot").contains("Limine"), &ready);
    check_model_is_loaded(&mut system);
    check_embedding_is_loaded(&mut system);
    check_selftest(&mut system);
    check_console_is_drawn(&mut system, "limine-bios");
    system.shut_down();
}

#[test]
#[ignore = "needs Limine"]
fn limine_on_uefi() {
    let mut system = System::boot(&limine(Boot::IsoUefi));
    let ready = system.ready().clone();
    system.check("Limine is named", text(&ready, "boot").contains("Limine"), &ready);
    check_model_is_loaded(&mut system);
    check_selftest(&mut system);
    check_console_is_drawn(&mut system, "limine-uefi");
    system.shut_down();
}

#[test]
#[ignore = "needs Limine"]
fn limine_with_24_bit_pixels() {
    let qemu_args = ["-vga", "cirrus"].map(str::to_owned).to_vec();
    let options = MachineOptions { qemu_args, model: ModelChoice::None, ..limine(Boot::IsoBios) };
    let mut system = System::boot(&options);
    let display = system.ready()["display"].clone();
    system.check("pixels have 24 bits", number(&display, "bits_per_pixel") == 24, &display);
    check_console_is_drawn(&mut system, "limine-24-bit");
    system.shut_down();
}

#[test]
#[ignore = "needs Limine"]
fn limine_in_text_mode() {
    let options =
        MachineOptions { text_mode: true, model: ModelChoice::None, ..limine(Boot::IsoBios) };
    let mut system = System::boot(&options);
    check_text_console(&mut system);
    system.shut_down();
}

#[test]
#[ignore = "needs Limine"]
fn limine_from_a_usb_stick_on_uefi() {
    check_usb_stick(Boot::IsoUefi, BootloaderChoice::Limine);
}

#[test]
fn reboot_starts_the_machine_anew() {
    let mut system = System::boot(&without_model());
    system.enter_last("/reboot");
    let is_reboot = |event: &Value| event["action"] == "reboot";
    system.wait("/reboot", "power", PROMPT_TIMEOUT, is_reboot);
    // The machine is started with -no-reboot: a reset ends it.
    let exit = system.wait_exit("the machine resets");
    assert_eq!(exit.code, Some(0), "{exit:?}");
    assert_ne!(exit.reason.as_deref(), Some("guest-shutdown"), "it was switched off instead");
}

#[test]
fn the_image_of_the_build_names_its_boot_loader() {
    let image = artifacts::image(BootloaderChoice::Grub);
    let image = image.unwrap_or_else(|error| panic!("image: {error}"));
    assert_eq!(image.bootloader, xtask::bootloader::Bootloader::Grub);
    assert!(image.path.exists());
}
