import Foundation
import PackagePlugin

/// Writes a source file with the commit that is built, before each build.
///
/// The manifest cannot say it: SwiftPM keeps what a manifest has answered for as long as its text
/// stays the same.
///
/// Where there is no repository (in `docker build`), the variable SWINIT_COMMIT says it; it counts
/// first in any case. With neither the commit is "unknown".
@main struct Commit: BuildToolPlugin {
  /// The file is touched only when the commit is another one, so that nothing is compiled in vain.
  private static let script = """
    commit=$3
    [ -n "$commit" ] || ! [ -e "$1/.git" ] ||
      commit=$(git -C "$1" describe --always --dirty --abbrev=12 --exclude='*' 2> /dev/null)
    text=$(cat << END
    import Configuration

    /// The commit that this program was built from.
    let commit: Literal = "${commit:-unknown}"
    END
    )
    [ "$(cat "$2" 2> /dev/null)" = "$text" ] || printf '%s\\n' "$text" > "$2"
    """

  func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
    let folder = context.pluginWorkDirectoryURL
    let given = ProcessInfo.processInfo.environment["SWINIT_COMMIT"] ?? ""
    let plain = given.unicodeScalars.filter { "0"..."9" ~= $0 || "a"..."z" ~= $0 || $0 == "-" }
    return [
      .prebuildCommand(
        displayName: "the commit", executable: URL(filePath: "/bin/sh"),
        arguments: [
          "-c", Self.script, "sh", context.package.directoryURL.path,
          folder.appending(path: "Commit.swift").path, String(String.UnicodeScalarView(plain)),
        ],
        outputFilesDirectory: folder)
    ]
  }
}
