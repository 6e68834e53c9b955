import Oracle
import Simulation
import Testing

@Suite(.serialized) struct EngineFaultTests {
    @Test(arguments: EngineFault.allCases) func `the oracle notices an engine that`(_ fault: EngineFault) async throws {
        let (held, broken) = try await Simulation.run(
            seeds: 1...40,
            steps: 300,
            atOnce: 2,
            mutation: { fault.mutation }
        )
        print("\(fault.rawValue): after \(held) seeds: \(broken?.violations.first?.description ?? "not noticed")")
        #expect(broken != nil)
    }
}
