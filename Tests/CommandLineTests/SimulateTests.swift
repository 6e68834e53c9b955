import Testing

struct SimulateTests {
    @Test func `a seed runs alike in two processes`() async throws {
        let arguments = ["simulate", "--seed", "17", "--steps", "200", "--trace"]
        let first = try await Program.run(arguments, in: try Folder())
        let second = try await Program.run(arguments, in: try Folder())
        #expect(first.status == 0, "\(first.errors)")
        // A story in which all happens that could differ: kills, ranks, lists and servers of customers' own.
        let output = first.output
        for mark in [" killed", "lp user", #"fold ["list-"#, "POST /api/application/servers "] {
            let happens = output.contains(mark)
            #expect(happens, "\(mark)")
        }
        let isAlike = output == second.output
        #expect(isAlike)
    }
}
