//! Draws the console in several states and sizes to PNG and text files, to be looked at.
//!
//! `cargo run -p console-ui --example gallery -- DIRECTORY`

mod demo;
mod png;

use std::path::Path;

use console_ui::{CellConsole, PixelConsole};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = std::env::args().nth(1).ok_or("usage: gallery DIRECTORY")?;
    let directory = Path::new(&directory);
    std::fs::create_dir_all(directory)?;
    let sizes = [
        (640, 480),
        (800, 600),
        (1024, 768),
        (1280, 800),
        (1920, 1080),
        (2560, 1440),
        (3840, 2160),
    ];
    for (name, scene) in demo::scenes() {
        for (width, height) in sizes {
            let mut screen = PixelConsole::new(width, height);
            screen.render(&scene());
            let file = directory.join(format!("{name}-{width}x{height}.png"));
            std::fs::write(file, png::encode(screen.canvas().buffer.pixels(), width))?;
        }
        for (columns, rows) in [(40, 12), (80, 25), (120, 40)] {
            let text = CellConsole::new(columns, rows).render(&scene()).to_text();
            std::fs::write(directory.join(format!("{name}-{columns}x{rows}.txt")), text)?;
        }
    }
    Ok(())
}
