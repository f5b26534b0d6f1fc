import Foundation
import PackagePlugin

/// Writes a source file with the commit that is built, whenever that may have become another one.
///
/// The manifest cannot say it: SwiftPM keeps what a manifest has answered for as long as its text
/// stays the same. What is run before each build is skipped, too, when the list of sources is the same.
/// So git's own files and all sources are what this depends on.
///
/// Where there is no repository (in `docker build`), the variable SWINIT_COMMIT says it; it counts
/// first in any case. With neither the commit is "unknown".
@main struct Commit: BuildToolPlugin {
  /// `$1` is the package, `$2` the file to write, `$3` SWINIT_COMMIT. The file is touched only when the
  /// commit is another one, so that nothing is compiled in vain.
  private static let script = """
    commit=$3
    if [ -z "$commit" ] && [ -e "$1/.git" ]; then
      commit=$(git -C "$1" rev-parse --short=12 HEAD)
      changes=$(git -C "$1" --no-optional-locks status --porcelain -- Package.swift Sources)
      [ -z "$commit" ] || [ -z "$changes" ] || commit=$commit-dirty
    fi
    text=$(cat << END
    import Basics

    /// The commit that this program was built from.
    let commit: Literal = "${commit:-unknown}"
    END
    )
    [ "$(cat "$2" 2> /dev/null)" = "$text" ] || printf '%s\\n' "$text" > "$2"
    """

  func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
    let package = context.package.directoryURL
    let file = context.pluginWorkDirectoryURL.appending(path: "Commit.swift")
    let given = ProcessInfo.processInfo.environment["SWINIT_COMMIT"] ?? ""
    let plain = given.unicodeScalars.filter { "0"..."9" ~= $0 || "a"..."z" ~= $0 || $0 == "-" }
    let sources = context.package.targets.compactMap { $0 as? SourceModuleTarget }
      .filter { $0.kind != .test }.flatMap { $0.sourceFiles.map(\.url) }
    return [
      .buildCommand(
        displayName: "the commit", executable: URL(filePath: "/bin/sh"),
        arguments: [
          "-c", Self.script, "sh", package.path, file.path, String(String.UnicodeScalarView(plain)),
        ],
        inputFiles: sources + repositoryFiles(of: package), outputFiles: [file])
    ]
  }

  /// What git writes when HEAD becomes another commit: its log; the other two where it keeps none.
  private func repositoryFiles(of package: URL) -> [URL] {
    guard FileManager.default.fileExists(atPath: package.path + "/.git") else { return [] }
    let git = Process()
    let answer = Pipe()
    git.executableURL = URL(filePath: "/usr/bin/env")
    git.arguments =
      ["git", "-C", package.path, "rev-parse", "--path-format=absolute"]
      + ["logs/HEAD", "HEAD", "index"].flatMap { ["--git-path", $0] }
    git.standardOutput = answer
    git.standardError = FileHandle.nullDevice
    guard (try? git.run()) != nil else { return [] }
    let lines = String(decoding: answer.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    git.waitUntilExit()
    return lines.split(separator: "\n").map(String.init)
      .filter { FileManager.default.fileExists(atPath: $0) }.map { URL(filePath: $0) }
  }
}
