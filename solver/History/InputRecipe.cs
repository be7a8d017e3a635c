using Cairn.Llb;

namespace Cairn.Solver.History;

/// <summary>How one input took part in a key.</summary>
/// <param name="ByContent">Its content can stand for it.</param>
/// <param name="Content">Digest of what is selected of its content; null if that was not computed.</param>
/// <param name="Keys">How many keys it had.</param>
public sealed record InputRecipe(bool ByContent, Digest? Content, int Keys);
