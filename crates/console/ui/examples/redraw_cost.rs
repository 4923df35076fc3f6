//! What drawing costs: a whole screen, one more token, one more key, nothing.
//!
//! To see the cost inside an emulated machine, run the built example with `qemu-x86_64 -cpu max`.

#[path = "gallery/demo.rs"]
mod demo;

use std::time::Instant;

use console_graphics::{FramebufferBytes, PixelFormat};
use console_ui::{AnsiWriter, CellConsole, PixelConsole};
use system_platform::{Key, KeyEvent};

fn main() {
    for (width, height) in [(1280, 800), (1920, 1080), (3840, 2160)] {
        let mut console = demo::conversation();
        let reply = console.view.entries().back().map(|entry| entry.id());
        let mut renderer = PixelConsole::new(width, height);
        let mut memory = vec![0; width * height * 4];
        let mut cost = |what: &str, console: &console_ui::Console| {
            let start = Instant::now();
            renderer.render(console);
            let drawn = start.elapsed();
            let copied = renderer.flush(&mut FramebufferBytes {
                bytes: &mut memory,
                pitch_bytes: width * 4,
                format: PixelFormat::XRGB,
            });
            let whole = start.elapsed();
            println!(
                "{width}x{height} {what}: {drawn:?} drawn, {whole:?} with {copied} pixels copied"
            );
        };
        cost("first", &console);
        console.redraw();
        cost("whole", &console);
        for token in ["ere", " it", " is"] {
            if let Some(reply) = reply {
                console.view.append(reply, token);
            }
            cost("token", &console);
        }
        console.handle_key(KeyEvent::plain(Key::Char('x')));
        cost("key", &console);
        console.handle_key(KeyEvent::plain(Key::PageUp));
        cost("page", &console);
        cost("nothing", &console);
    }
    let mut console = demo::conversation();
    let mut renderer = PixelConsole::new(1280, 800);
    for count in [0, 9_999, 1] {
        for _ in 0..count {
            console.handle_key(KeyEvent::plain(Key::Char('x')));
        }
        let start = Instant::now();
        renderer.render(&console);
        println!("1280x800 after {count} more keys: {:?} drawn", start.elapsed());
    }
    let mut console = demo::conversation();
    let mut cells = CellConsole::new(80, 25);
    let mut writer = AnsiWriter::default();
    for what in ["first", "key"] {
        let start = Instant::now();
        let bytes = writer.diff(cells.render(&console)).len();
        println!("80x25 cells {what}: {:?}, {bytes} bytes", start.elapsed());
        console.handle_key(KeyEvent::plain(Key::Char('x')));
    }
    for (name, scene) in demo::scenes() {
        let console = scene();
        let mut renderer = PixelConsole::new(1280, 800);
        let start = Instant::now();
        renderer.render(&console);
        println!("1280x800 {name}: {:?} drawn", start.elapsed());
    }
}
