using System.Globalization;
using Cairn.Cache.Keys;

namespace Cairn.Solver.Tests.Scheduling;

/// <summary>Makes key ids for the simulated store.</summary>
internal static class CacheKeyIds
{
    public static CacheKeyId Of(int number) => new(string.Create(CultureInfo.InvariantCulture, $"key-{number}"));
}
