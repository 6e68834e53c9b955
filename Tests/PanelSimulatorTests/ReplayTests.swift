import PanelSimulator
import Testing

/// The simulator against the recordings of a real panel.
struct ReplayTests {
    @Test(arguments: ReplaySequence.all)
    func `the simulator answers as the recorded panel did`(_ sequence: ReplaySequence) throws {
        var world = PanelWorld.recorded
        world.users += sequence.users
        world.keys += [
            .application(Keys.readOnly, rights: [.users: .read]),
            .client(Keys.restricted, allowedIP: "10.0.0.0/8"),
            .client(Keys.player, userID: 2),
        ]
        world.nextDeployments = [13, 28]
        let clock = ReplayClock()
        var replayer = Replayer(panel: SimulatedPanel(world, now: { clock.now }))
        for step in sequence.steps {
            switch step {
            case .play(let name): try replayer.play(name)
            case .hand(let act): act(replayer.panel, clock)
            }
        }
        for difference in replayer.differences { Issue.record("\(difference)") }
    }

    @Test
    func `every recording is replayed or excused`() throws {
        let replayed = ReplaySequence.all.flatMap(\.played)
        let covered = Set(replayed).union(ReplaySequence.elsewhere).union(ReplaySequence.notReplayed.keys)
        let all = try Recording.allNames()
        #expect(all.subtracting(covered).isEmpty)
        #expect(covered.subtracting(all).isEmpty)
        #expect(Set(replayed).count == replayed.count)
    }
}
