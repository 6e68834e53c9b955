/// Serves a world over HTTP while the body runs; the body gets the address, the panel and the server.
package func withPanelSimulator<Value>(
    _ world: PanelWorld = .recorded,
    faults: FaultPlan = FaultPlan(),
    _ body: (_ url: String, _ panel: SimulatedPanel, _ server: PanelSimulatorServer) async throws -> Value
) async throws -> Value {
    try await withPanelSimulator(SimulatedPanel(world, faults: faults), body)
}

/// Serves a panel over HTTP while the body runs; the body gets the address, the panel and the server.
package func withPanelSimulator<Value>(
    _ panel: SimulatedPanel,
    _ body: (_ url: String, _ panel: SimulatedPanel, _ server: PanelSimulatorServer) async throws -> Value
) async throws -> Value {
    let server = PanelSimulatorServer(panel: panel)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await server.run() }
        defer { group.cancelAll() }
        return try await body(try await server.url, panel, server)
    }
}

/// Serves a world over HTTP while the body runs; the body gets the address and the panel.
package func withPanelSimulator<Value>(
    _ world: PanelWorld = .recorded,
    faults: FaultPlan = FaultPlan(),
    _ body: (_ url: String, _ panel: SimulatedPanel) async throws -> Value
) async throws -> Value {
    try await withPanelSimulator(SimulatedPanel(world, faults: faults)) { url, panel, _ in
        try await body(url, panel)
    }
}
