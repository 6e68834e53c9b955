import Testing

struct SimulateTests {
    @Test func `a seed runs alike in two processes`() async throws {
        let first = try await Program.run(["simulate", "--seed", "5", "--steps", "200"], in: try Folder())
        let second = try await Program.run(["simulate", "--seed", "5", "--steps", "200"], in: try Folder())
        #expect(first.status == 0, "\(first.errors)")
        #expect(first.output.contains("1 seed holds."))
        #expect(first.output == second.output)
    }
}
