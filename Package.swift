// swift-tools-version: 6.2
//
// Two builds from one source.
//
// `swift build`, `swift test`: ordinary Swift, dynamically linked against the system's libc.
// `swift build -c release`: Embedded Swift, one fully static position-independent executable
// linked against musl (Debian: musl-dev), or against static glibc where musl is missing.
//
// SWINIT_ARCH=aarch64 or SWINIT_ARCH=x86_64 makes the release build one for that architecture on
// either of them; it goes with `--triple`, and `Tests/cross` has the whole command. That build's
// musl-dev is unpacked in the folder that SWINIT_MUSL names.
//
// Nothing here names a directory that is particular to one machine: musl's paths are Debian's,
// and the toolchain's own are found beside its resources or through the -L that the compiler driver
// passes itself.

import Foundation
import PackageDescription

#if arch(arm64)
  let host = "aarch64"
#else
  let host = "x86_64"
#endif

func refuse(_ reason: String) -> Never {
  FileHandle.standardError.write(Data("swinit: \(reason)\n".utf8))
  exit(1)
}

let target = Context.environment["SWINIT_ARCH"]
let architecture = target ?? host
if !["aarch64", "x86_64"].contains(architecture) {
  refuse("cannot build for SWINIT_ARCH=\(architecture): aarch64 and x86_64 are allowed")
}

/// Below it musl lies where Debian's package has it.
let muslRoot =
  Context.environment["SWINIT_MUSL"]
  ?? target.map { Context.packageDirectory + "/.build-\($0)/musl" } ?? ""
let muslHeaders = "\(muslRoot)/usr/include/\(architecture)-linux-musl"
let muslLibraries = "\(muslRoot)/usr/lib/\(architecture)-linux-musl"
let hasMusl = FileManager.default.fileExists(atPath: muslLibraries + "/libc.a")
if !hasMusl {
  if target != nil {
    refuse("no musl-dev for \(architecture) in \(muslRoot) (Tests/cross fetches it)")
  }
  // SwiftPM keeps a manifest's answers as long as its text and the environment stay the same.
  print(
    "swinit: warning: no musl: the release build uses static glibc (after apt-get install musl-dev"
      + " build once more with --manifest-cache none)")
}

/// Of the toolchain's libraries those that this build uses: for Linux, or for another architecture
/// those for none at all; nothing in them asks which it is.
let embedded =
  target == nil
  ? "\(architecture)-unknown-linux-gnu"
  : architecture == "aarch64" ? "aarch64-none-none-elf" : "x86_64-unknown-none-elf"

/// One word for clang, behind Swift's driver.
func clang(_ words: String...) -> [String] { words.flatMap { ["-Xcc", $0] } }
/// One word for the linker, behind Swift's driver.
func linker(_ words: String...) -> [String] { words.flatMap { ["-Xlinker", $0] } }
/// One word for the clang that drives the link.
func linkDriver(_ words: String...) -> [String] { words.flatMap { ["-Xclang-linker", $0] } }

// Every function in a section of its own, so that the linker can drop what is not used: without
// it each module's object keeps whole copies of what it imports.
let releaseSwiftFlags =
  [
    "-wmo", "-Osize", "-Xfrontend", "-function-sections",
    "-enable-experimental-feature", "DeferredCodeGen",
    // In Embedded Swift the run-time check of exclusive access is an empty function: 700 calls of it,
    // some 20 bytes each, would check nothing. What the compiler can see it still refuses.
    "-enforce-exclusivity=unchecked",
    // One trap at the end of a function for all its checks.
    "-Xfrontend", "-mergeable-traps",
    // Retaining is a call, not 29 bytes at each of 400 places.
    "-Xllvm", "-force-attribute=swift_retain:noinline",
  ] + (hasMusl ? clang("-isystem", muslHeaders) : []) + (target == nil ? [] : clang("-D__linux__"))

let swiftSettings: [SwiftSetting] = [
  .enableExperimentalFeature("Embedded", .when(configuration: .release)),
  .unsafeFlags(releaseSwiftFlags, .when(configuration: .release)),
  .treatAllWarnings(as: .error),
  .treatWarning("EmbeddedRestrictions", as: .error),
]

let releaseCFlags =
  ["-Os", "-ffunction-sections", "-fdata-sections", "-fno-asynchronous-unwind-tables"]
  + (hasMusl ? ["-isystem", muslHeaders, "-DCL_OWN_MALLOC"] : [])
  // The compiler's helpers for older ARM processors are in no library that is linked.
  + (architecture == "aarch64" ? ["-mno-outline-atomics"] : [])
  + (target == nil ? [] : ["-D__linux__", "-fPIC"])

let dropUnused =
  linker("--gc-sections", "--icf=all", "-z", "now", "-s")
  + linker("-l:\(target == nil ? "../" : "")embedded/\(embedded)/libswiftUnicodeDataTables.a")
  + linkDriver("-Wno-unused-command-line-argument")
  + (target == nil ? [] : linkDriver("--target=\(architecture)-unknown-linux-gnu"))

/// Cold code apart from hot code: see the file.
let layout = linker("-T", Context.packageDirectory + "/Sources/swinit/layout.ld")

let muslLink =
  linkDriver("-static", "-nostdlib")
  + linker("-pie", "--no-dynamic-linker", "-z", "text")
  + linker(
    muslLibraries + "/rcrt1.o", muslLibraries + "/crti.o", muslLibraries + "/libc.a",
    muslLibraries + "/crtn.o")

let glibcLink = linkDriver("-static") + linker("-lm")

let releaseLinkFlags = ["-use-ld=lld"] + dropUnused + layout + (hasMusl ? muslLink : glibcLink)

let package = Package(
  name: "swinit",
  products: [.executable(name: "swinit", targets: ["swinit"])],
  targets: [
    .target(
      name: "CLinux",
      cSettings: [
        .unsafeFlags(["-Wall", "-Wextra", "-Werror"]),
        .unsafeFlags(releaseCFlags, .when(configuration: .release)),
      ]),
    .target(name: "Linux", dependencies: ["CLinux"], swiftSettings: swiftSettings),
    .target(name: "Basics", swiftSettings: swiftSettings),
    .target(name: "Configuration", dependencies: ["Basics"], swiftSettings: swiftSettings),
    .target(
      name: "Reading", dependencies: ["Configuration", "Basics"], swiftSettings: swiftSettings),
    .target(
      name: "Checking", dependencies: ["Reading", "Configuration", "Basics"],
      swiftSettings: swiftSettings),
    .target(name: "Logs", dependencies: ["Basics"], swiftSettings: swiftSettings),
    .target(
      name: "Supervision", dependencies: ["Configuration", "Basics"], swiftSettings: swiftSettings),
    .target(
      name: "Init", dependencies: ["Supervision", "Logs", "Configuration", "Basics", "Linux"],
      swiftSettings: swiftSettings),
    .target(
      name: "Commands",
      dependencies: [
        "Init", "Supervision", "Checking", "Reading", "Logs", "Configuration", "Basics", "Linux",
      ],
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "swinit", dependencies: ["Commands", "Configuration", "Basics", "Linux"],
      exclude: ["layout.ld"],
      swiftSettings: swiftSettings + [.unsafeFlags(["-parse-as-library"])],
      linkerSettings: [.unsafeFlags(releaseLinkFlags, .when(configuration: .release))],
      plugins: ["Commit"]),
    .plugin(name: "Commit", capability: .buildTool(), path: "Sources/Commit"),
    .testTarget(
      name: "ConfigurationTests", dependencies: ["Checking", "Reading", "Configuration", "Basics"]),
    .testTarget(
      name: "SupervisionTests", dependencies: ["Supervision", "Reading", "Configuration", "Basics"]),
    .testTarget(name: "MemoryTests", dependencies: ["CLinux"]),
    .testTarget(name: "LogsTests", dependencies: ["Logs", "Basics"]),
    .testTarget(name: "InitTests", dependencies: ["Init", "Supervision", "Linux", "Basics"]),
    .testTarget(name: "AcceptanceTests"),
  ])
