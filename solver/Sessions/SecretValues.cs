namespace Cairn.Solver.Sessions;

/// <summary>Secrets by id, read when they are asked for.</summary>
/// <param name="read">For each id what reads its value; null from it means that there is none after all.</param>
public sealed class SecretValues(IReadOnlyDictionary<string, Func<byte[]?>> read) : ISecretSource
{
    /// <summary>No secrets.</summary>
    public static SecretValues None { get; } = new(new Dictionary<string, Func<byte[]?>>());

    /// <inheritdoc/>
    public Task<byte[]?> GetAsync(string id, CancellationToken cancellationToken) =>
        Task.FromResult(read.TryGetValue(id, out Func<byte[]?>? value) ? value() : null);
}
