import Foundation
import Testing

// Who ends is reaped, known or not, and a storm of orphans keeps nothing waiting.

/// Makes orphans: each is the child of a child that has ended, and ends itself at once.
private let storm = """
  #!/usr/bin/perl
  $| = 1;
  my ($count) = @ARGV;
  for (my $i = 0; $count < 0 || $i < $count; $i++) {
    my $child = fork();
    next unless defined $child;
    if ($child == 0) { fork(); exit 0; }
    waitpid($child, 0);
    print "half\\n" if $i == 200;
  }
  print "over\\n";
  sleep 60;
  """

extension Acceptance {
  @Suite struct Orphans {
    @Test func noneIsLeftAfterAStorm() async throws {
      let text = "[program:storm]\ncommand=%(here)s/storm 1500\n"
      try await withSwinit(Setup(text, files: ["storm": storm])) { swinit in
        try await swinit.line("over")
        try await swinit.wait("an end of all zombies") { zombies(of: swinit.pid).isEmpty }
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// The storm goes on for ever: only the signal can end it.
    @Test func aSignalInTheMiddleOfAStormIsServed() async throws {
      let text = """
        [program:storm]
        command=%(here)s/storm -1
        startsecs=0
        [program:other]
        command=sleep 60
        priority=1
        startsecs=0
        """
      try await withSwinit(Setup(text, files: ["storm": storm])) { swinit in
        try await swinit.line("half")
        let told = swinit.moment
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        #expect(swinit.span(since: told).own < 2, "\(swinit.transcript)")
      }
    }

    /// A program whose process ends while thousands of strangers do is restarted as ever.
    @Test func aProgramThatEndsInTheMiddleOfAStormIsNoticed() async throws {
      let text = """
        [program:storm]
        command=%(here)s/storm -1
        startsecs=0
        [program:brief]
        command=sleep 0.2
        startsecs=0
        autorestart=true
        """
      try await withSwinit(Setup(text, files: ["storm": storm])) { swinit in
        try await swinit.line("half")
        try await swinit.wait("a second start") {
          swinit.places(of: "brief: STARTING").count >= 2
        }
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }
  }
}
