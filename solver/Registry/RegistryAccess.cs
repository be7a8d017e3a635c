using Cairn.Solver.Sessions;

namespace Cairn.Solver.Registry;

/// <summary>In whose name, and under which rules, a registry is used.</summary>
/// <param name="Credentials">Asked only when a registry asks. Tokens are remembered per instance of this interface, so one build's tokens never serve another.</param>
public sealed record RegistryAccess(IRegistryCredentials Credentials)
{
    /// <summary>Plain HTTP and unverified certificates are acceptable (<c>registry.insecure</c>).</summary>
    public bool Insecure { get; init; }

    /// <summary>Receives a line for the build's log when something is tried again.</summary>
    public Action<string>? Notice { get; init; }
}
