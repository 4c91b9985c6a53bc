-- A type that answers to what Fairlead asks of pgvector's `vector`, for machines without pgvector: the text of a real[], and the cosine distance. The real one: tests/pgvector/near.sh.
create type vector;
create function vector_in(cstring) returns vector language internal immutable strict as 'textin';
create function vector_out(vector) returns cstring language internal immutable strict as 'textout';
create function vector_length_in(cstring[]) returns int language internal immutable strict as 'varchartypmodin';
create type vector (input = vector_in, output = vector_out, typmod_in = vector_length_in, internallength = variable, alignment = int4, storage = extended);
create cast (real[] as vector) with inout;
create cast (vector as real[]) with inout;
create function vector_far(vector, vector) returns float8 language sql immutable as
	$$ select 1 - sum(x.a::float8 * x.b) / sqrt(sum(x.a::float8 * x.a) * sum(x.b::float8 * x.b)) from unnest($1::real[], $2::real[]) x(a, b) $$;
create operator <=> (leftarg = vector, rightarg = vector, function = vector_far);
