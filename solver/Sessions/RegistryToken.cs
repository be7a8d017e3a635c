namespace Cairn.Solver.Sessions;

/// <summary>A token that a client has fetched itself, so that its login never leaves it.</summary>
/// <param name="Token">Never logged.</param>
/// <param name="Lifetime">Counted from <paramref name="Issued"/>.</param>
/// <param name="Issued">When it was given out.</param>
public sealed record RegistryToken(string Token, TimeSpan Lifetime, DateTimeOffset Issued)
{
    /// <summary>Says nothing of the token.</summary>
    public override string ToString() => "a token";
}
