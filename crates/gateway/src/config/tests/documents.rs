use std::{
    fs,
    path::{Path, PathBuf},
};

use toml::{Table, Value};

use super::parse;
use crate::config::{Config, option_b};

#[test]
fn the_example_of_the_reference_page_passes() {
    parse(Config::example()).unwrap_or_else(|error| panic!("{error}"));
    if option_b::IS_IN_THIS_BUILD {
        parse(Config::third_party_example()).unwrap_or_else(|error| panic!("{error}"));
    }
}

/// A whole configuration in a page must pass as it is; a part must pass within the example.
#[test]
fn every_toml_example_of_the_documents_passes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut pages = vec![root.join("README.md")];
    collect(&root.join("docs"), &mut pages);
    let mut count = 0;
    for page in pages {
        let text = fs::read_to_string(&page).unwrap_or_default();
        let of_this_build = |it: &&str| option_b::IS_IN_THIS_BUILD || !is_option_b(it);
        for example in examples(&text).filter(of_this_build) {
            count += 1;
            let whole = completed(example).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
            Config::parse(&whole, &page.display().to_string())
                .unwrap_or_else(|error| panic!("{error}\n{example}"));
        }
    }
    assert!(count > 0, "the reference page has an example");
}

fn is_option_b(example: &str) -> bool {
    example.contains("[third_party") || example.contains("scope_descriptions")
}

fn collect(folder: &Path, pages: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, pages);
        } else if path.extension().is_some_and(|it| it == "md") {
            pages.push(path);
        }
    }
}

fn examples(page: &str) -> impl Iterator<Item = &str> {
    page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next())
}

/// `example` itself if it is whole, else its sections in place of those of the whole example.
///
/// A part such as `[server.identity]` goes on with the first server.
fn completed(example: &str) -> Result<String, toml::de::Error> {
    if example.contains("public_url") {
        return Ok(example.to_owned());
    }
    let whole = if is_option_b(example) { Config::third_party_example() } else { Config::example() };
    let mut whole: Table = whole.parse()?;
    for (name, part) in example.parse::<Table>()? {
        match (whole.get_mut(&name).and_then(Value::as_array_mut), part) {
            (Some(sections), Value::Table(part)) => sections[0].as_table_mut().unwrap().extend(part),
            (None, Value::Table(part)) if name == "third_party" => {
                whole[&name].as_table_mut().unwrap().extend(part);
            }
            (_, part) => drop(whole.insert(name, part)),
        }
    }
    Ok(whole.to_string())
}
