import Testing

struct SimulateTests {
    @Test func `a seed runs alike in two processes`() async throws {
        let arguments = ["simulate", "--seed", "17", "--steps", "200", "--trace"]
        let first = try await Program.run(arguments, in: try Folder())
        let second = try await Program.run(arguments, in: try Folder())
        #expect(first.status == 0, "\(first.errors)")
        // A story in which all happens that could differ: kills, ranks, lists and servers of customers' own.
        for mark in [" killed", "lp user", #"fold ["list-"#, "POST /api/application/servers "] {
            #expect(first.output.contains(mark))
        }
        #expect(first.output == second.output)
    }
}
